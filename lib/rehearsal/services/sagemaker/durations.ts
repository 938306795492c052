/**
 * Virtual durations in milliseconds: constants, or functions of sizes, so that the same rehearsal takes the same virtual time on every
 * machine. Magnitudes as one sees them on small CPU instances; AWS documents no numbers but the one cited.
 */
const SECOND = 1000;
const MEGABYTE = 1024 * 1024;

export const durations = {
  /** Instances are launched and the image is pulled. */
  trainingStart: 60 * SECOND,
  trainingDownload: (bytes: number): number => 20 * SECOND + Math.ceil(bytes / (20 * MEGABYTE)) * SECOND,
  training: (bytes: number): number => 180 * SECOND + Math.ceil(bytes / MEGABYTE) * SECOND,
  trainingUpload: 20 * SECOND,
  transformStart: 180 * SECOND,
  transform: (bytes: number): number => 60 * SECOND + Math.ceil(bytes / MEGABYTE) * SECOND,
  jobStop: 30 * SECOND,
  /** A new fleet, until its containers answer: CreateEndpoint, and the green fleet of an update. */
  fleetProvisioning: 300 * SECOND,
  /** The same without instances. */
  serverlessProvisioning: 120 * SECOND,
  /** An execution environment that nobody asked for so long is gone, and the next request meets a cold start. */
  serverlessIdle: 600 * SECOND,
  /** One batch of a rolling update, and a change of the number of instances. */
  capacityChange: 120 * SECOND,
  rollback: 60 * SECOND,
  endpointDeletion: 30 * SECOND,
  /** "8 minutes after startup" without a healthy ping end the launch (guide: your-algorithms-inference-code, health check). */
  healthCheckTimeout: 480 * SECOND,
  /** How often an asynchronous endpoint publishes its backlog, and gives up requests that waited too long. */
  backlogMetrics: 60 * SECOND,
  /** How often SageMaker looks at the alarms while it bakes. */
  alarmPoll: 60 * SECOND,
  modelPackageCreation: 0,
  /** Captured requests are written in files of a minute or of so many records, whatever comes first. */
  captureFlush: 60 * SECOND,
  captureRecords: 500,
} as const;
