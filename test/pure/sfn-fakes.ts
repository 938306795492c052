import validate from 'asl-validator';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { FaultPlan } from '../../lib/rehearsal/kernel/faults';
import { Random } from '../../lib/rehearsal/kernel/random';
import type { Authorization, Principal, SimulatedService, Simulation } from '../../lib/rehearsal/kernel/simulation';
import { Timeline } from '../../lib/rehearsal/kernel/timeline';
import { VirtualClock } from '../../lib/rehearsal/kernel/virtual-clock';
import { createStepFunctions, type ExecutionSummary, type StepFunctionsService } from '../../lib/rehearsal/services/sfn';

type Json = Record<string, any>;
type Handler = (input: Json, principal: Principal) => unknown;

export const START = Date.parse('2001-02-01T00:00:00Z');

const validated = new Set<string>();

/** What this interpreter accepts, the reference validator accepts too. Slow: it compiles its schemas each time. */
function validateOnce(definition: Json): void {
  const text = JSON.stringify(definition);
  if (validated.has(text)) return;
  validated.add(text);
  // It changes its argument.
  const result = validate(JSON.parse(text) as object, { checkPaths: true, checkArn: false });
  if (!result.isValid) throw new Error(`asl-validator: ${JSON.stringify(result.errors)}`);
}

/** A simulation with nothing in it but Step Functions: other services are functions of the test. */
export class FakeWorld {
  public readonly clock = new VirtualClock(START);
  public readonly timeline = new Timeline();
  public readonly faults = new FaultPlan();
  public readonly handlers: Record<string, Handler> = {};
  public readonly requests: { service: string; operation: string; input: Json; principal: Principal; time: number }[] = [];
  public readonly published: Json[] = [];
  public readonly objects = new Map<string, string>();
  public readonly metrics: { namespace: string; name: string; dimensions: Json }[] = [];
  public denied: (authorization: Authorization) => boolean = () => false;
  public trusted = true;
  public readonly sfn: StepFunctionsService;

  public constructor(seed = 1) {
    const services: Record<string, unknown> = {
      iam: { mayAssume: () => this.trusted, allows: (_: Principal, authorization: Authorization) => !this.denied(authorization) },
      events: { publish: (event: Json) => this.published.push(event) },
      cloudwatch: { putMetric: (namespace: string, name: string, dimensions: Json) => this.metrics.push({ namespace, name, dimensions }) },
    };
    const simulation: Simulation = {
      clock: this.clock,
      random: new Random(seed),
      timeline: this.timeline,
      faults: this.faults,
      account: '111122223333',
      region: 'us-east-1',
      partition: 'aws',
      workFolder: '',
      service: <T extends SimulatedService>(id: string) => services[id] as T,
      gateway: {
        call: async (principal, service, operation, input) => {
          this.requests.push({ service, operation, input, principal, time: this.clock.now() - START });
          if (service === 'sfn') return this.sfn.handle({ principal, service, operation, input });
          const handler = this.handlers[`${service}:${operation}`];
          if (!handler) throw new Error(`the test has no ${service}:${operation}`);
          return handler(input, principal);
        },
        requireFor: () => () => undefined,
      },
    };
    this.sfn = createStepFunctions(simulation);
    this.handlers['s3:GetObject'] = ({ Bucket, Key }) => {
      const body = this.objects.get(`${Bucket}/${Key}`);
      if (body === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      return { Body: Buffer.from(body, 'latin1') };
    };
    this.handlers['s3:PutObject'] = ({ Bucket, Key, Body }) => {
      this.objects.set(`${Bucket}/${Key}`, Body as string);
      return {};
    };
  }

  /** Handler of `lambda:invoke`: what it throws is a FunctionError. */
  public function(handle: (event: any) => unknown): void {
    this.handlers['lambda:Invoke'] = async ({ Payload }) => {
      try {
        const answer = await handle(JSON.parse(Buffer.from(Payload as Uint8Array).toString()));
        return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from(JSON.stringify(answer ?? null)) };
      } catch (error) {
        if (error instanceof AwsError) throw error;
        const { name, message } = error as Error;
        return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify({ errorType: name, errorMessage: message })) };
      }
    };
  }

  /** @returns ARN */
  public async machine(definition: Json, name = 'machine', properties: Json = {}): Promise<string> {
    const { ref } = await this.sfn.resources['AWS::StepFunctions::StateMachine']({
      type: 'AWS::StepFunctions::StateMachine',
      logicalId: `${name}LogicalId`,
      constructPath: `Stack/${name}`,
      stackName: 'Stack',
      assembly: '',
      properties: { StateMachineName: name, DefinitionString: JSON.stringify(definition), RoleArn: 'arn:aws:iam::111122223333:role/states', ...properties },
    });
    validateOnce(definition);
    return ref;
  }

  public async run(definition: Json, input: unknown = {}): Promise<ExecutionSummary & { seconds: number }> {
    const arn = await this.machine(definition);
    const started = this.sfn.start(arn, { input, name: 'execution' });
    await this.clock.runUntilDone(() => this.sfn.running().length === 0, Infinity);
    const end = this.sfn.executions().find((execution) => execution.arn === started.arn)!;
    return { ...end, seconds: (end.stopTime! - end.startTime) / 1000 };
  }

  /** States entered, in order, with the second. */
  public entered(): string[] {
    return this.timeline.events.filter((event) => event.kind === 'state').map((event) => `${(event.time - START) / 1000} ${String(event.data!.state)}`);
  }
}

/** A machine of one list of states, each leading to the next unless it says otherwise. */
export function chain(states: Record<string, Json>, top: Json = {}): Json {
  const names = Object.keys(states);
  const linked = Object.fromEntries(
    Object.entries(states).map(([name, state], index) => {
      if ('Next' in state || 'End' in state || ['Choice', 'Succeed', 'Fail'].includes(state.Type as string)) return [name, state];
      return [name, index + 1 < names.length ? { ...state, Next: names[index + 1] } : { ...state, End: true }];
    }),
  );
  return { QueryLanguage: 'JSONata', StartAt: names[0], States: linked, ...top };
}

/** The same as a branch or item processor. */
export function branch(states: Record<string, Json>): Json {
  const { QueryLanguage: _, ...rest } = chain(states);
  return rest;
}

export const invoke = (payload: unknown = {}): Json => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f', Payload: payload },
  Output: '{% $states.result.Payload %}',
});

export class HandlerError extends Error {
  public constructor(name: string, message = 'no') {
    super(message);
    this.name = name;
  }
}
