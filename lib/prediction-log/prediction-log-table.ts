import { Aws, Duration, Size, Stack } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DataContract } from '../data/data-contract';
import { columnLayout } from '../data/data-contract.contract';
import { DataLake } from '../data/data-lake';
import { areaPrefix, lakeKeys, s3Uri } from '../data/data-lake.contract';
import { ModelGovernance } from '../governance/model-governance';
import { METRIC_NAMESPACE } from '../monitoring/metric-catalogue.contract';
import { acknowledgeWildcard } from '../private/acknowledge';
import { Problems } from '../private/errors';
import { HandlerFunction } from '../private/handler-function';
import { ModelAlarm } from '../private/model-alarm';
import { ModelRegistry } from '../registry/model-registry';
import { featureColumns, findPredictionQuery, FIXED_COLUMNS, LogColumn } from './prediction-columns';
import { PredictionLog } from './prediction-log';
import { DAY_COLUMN, PREDICTION_LOG_ENVIRONMENT } from './prediction-log.contract';

/** Results of queries are copies of predictions: they go soon. */
const QUERY_RESULTS_EXPIRATION = Duration.days(30);
/** What was removed is gone after a day, the shortest that S3 offers. */
const REMOVED_EXPIRATION = Duration.days(1);

export interface PredictionLogTableProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly registry: ModelRegistry;
  readonly contract: DataContract;
  readonly predictionLog: PredictionLog;
}

/**
 * Every captured prediction as one row of an Athena table: model version, input, prediction, time. Each captured file becomes one Parquet
 * file, once, however often S3 tells of it.
 */
export class PredictionLogTable extends Construct {
  /** Writes captured files into the log. Invoke it by hand to log what was captured before: operator runbook, "prediction-log-failures". */
  public readonly function: IFunction;
  public readonly databaseName: string;
  public readonly tableName: string;
  /** Athena workgroup of this model: results are encrypted, and expire after 30 days. */
  public readonly workGroupName: string;
  /** Name of the prepared statement that finds a prediction by its id: `EXECUTE find_prediction USING '…'`. */
  public readonly findPredictionStatement: string;
  /** Predictions are not being logged. */
  public readonly failureAlarm: cloudwatch.Alarm;
  private readonly lake: DataLake;
  private readonly modelName: string;

  public constructor(scope: Construct, id: string, props: PredictionLogTableProps) {
    super(scope, id);
    const { modelName, lake, predictionLog } = props;
    const problems = new Problems();
    predictionLog._validate('predictionLog', problems, Duration.days(1), lake._capturedExpiration, props.contract._document());
    problems.require(predictionLog._enabled, 'PredictionLogDisabled', 'predictionLog', 'PredictionLog.none()', 'must be a log', 'leave the construct out');
    problems.throwIfAny(this);
    this.lake = lake;
    this.modelName = modelName;
    const { retention, captureRetention, droppedColumns } = predictionLog._settings();

    lake._expire('predictions', modelName, retention, REMOVED_EXPIRATION);
    lake._expire('queries', modelName, QUERY_RESULTS_EXPIRATION, REMOVED_EXPIRATION);
    if (captureRetention) lake._expire('captured', modelName, captureRetention, REMOVED_EXPIRATION);

    const handler = this.logFunction(props, droppedColumns);
    this.function = handler;
    new events.Rule(this, 'Captured', {
      description: `Logs predictions of ${modelName}`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [lake.bucket.bucketName] }, object: { key: [{ wildcard: `${areaPrefix('captured', modelName)}*.jsonl` }] } },
      },
      targets: [new targets.LambdaFunction(handler)],
    });
    this.failureAlarm = new ModelAlarm(this, 'Failures', {
      governance: props.governance,
      name: 'prediction-log-failures',
      meaning: 'Predictions are not being logged. Nothing is lost while the captured data is kept.',
      metric: handler.metricErrors({ period: Duration.minutes(5) }),
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: 1,
      evaluationPeriods: 1,
      // It runs only when something was captured.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });

    const database = lake._predictionDatabase();
    this.databaseName = database.ref;
    this.tableName = modelName.replaceAll('-', '_');
    const columns = featureColumns(columnLayout(props.contract._document()).features, droppedColumns, [DAY_COLUMN]);
    const table = new glue.CfnTable(this, 'Table', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: this.databaseName,
      tableInput: {
        name: this.tableName,
        description: `Predictions of model ${modelName}, one row each`,
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: [{ name: DAY_COLUMN, type: 'date', comment: 'day of the inference, UTC' }],
        parameters: this.projection(retention),
        storageDescriptor: {
          columns: [...FIXED_COLUMNS, ...columns].map(({ name, type, comment }: LogColumn) => ({ name, type, comment: comment.slice(0, 255) })),
          location: s3Uri(lake.bucket.bucketName, lakeKeys.predictionsPrefix(modelName)),
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    });

    this.workGroupName = `${modelName}-predictions`;
    const workGroup = this.workGroup();
    this.findPredictionStatement = 'find_prediction';
    const find = new athena.CfnPreparedStatement(this, 'FindPrediction', {
      statementName: this.findPredictionStatement,
      workGroup: workGroup.ref,
      description: 'Which model version made a prediction, on what input, when, how fast',
      queryStatement: findPredictionQuery(`"${this.databaseName}"."${this.tableName}"`, columns),
    });
    find.node.addDependency(table);
  }

  /**
   * Athena on this one table, in this model's workgroup.
   *
   * @internal
   */
  public _grantQuery(grantee: iam.IGrantable): iam.Grant {
    const stack = Stack.of(this);
    const glueArn = (resource: string, resourceName?: string): string => stack.formatArn({ service: 'glue', resource, resourceName });
    const grant = iam.Grant.addToPrincipal({
      grantee,
      actions: ['athena:StartQueryExecution', 'athena:StopQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:GetPreparedStatement', 'athena:GetWorkGroup'],
      resourceArns: [stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: this.workGroupName })],
    });
    // A table is reached through its catalog and database, which the permission has to name as well (Athena guide, "Fine-grained access to databases and tables").
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['glue:GetDatabase', 'glue:GetTable'],
      resourceArns: [glueArn('catalog'), glueArn('database', this.databaseName), glueArn('table', `${this.databaseName}/${this.tableName}`)],
    });
    this.lake._grantRead(grantee, 'predictions', this.modelName);
    this.lake._grantRead(grantee, 'queries', this.modelName);
    this.lake._grantWrite(grantee, 'queries', this.modelName);
    iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetBucketLocation'], resourceArns: [this.lake.bucket.bucketArn] });
    return grant;
  }

  private logFunction(props: PredictionLogTableProps, droppedColumns: readonly string[]): HandlerFunction {
    const { modelName, lake, registry } = props;
    const environment: Record<(typeof PREDICTION_LOG_ENVIRONMENT)[number], string> = {
      LAKE_BUCKET: lake.bucket.bucketName,
      MODEL_NAME: modelName,
      MODEL_PACKAGE_GROUP_ARN: registry.modelPackageGroupArn,
      DROPPED_COLUMNS: JSON.stringify(droppedColumns),
    };
    const handler = new HandlerFunction(this, 'LogPredictions', {
      handler: 'log-predictions',
      description: `Prediction log of model ${modelName}`,
      environment,
      timeout: Duration.minutes(5),
      // One vCPU (Lambda guide, "Configure Lambda function memory"): parsing is what it does.
      memory: Size.mebibytes(1769),
    });
    for (const area of ['captured', 'curated', 'predictions'] as const) lake._grantRead(handler, area, modelName);
    for (const area of ['predictions', 'reports'] as const) lake._grantWrite(handler, area, modelName);
    registry._grantOnVersions(handler, 'sagemaker:DescribeModelPackage');
    handler.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
      }),
    );
    acknowledgeWildcard(handler.role!, '*', 'PutMetricData has no resources; the namespace is a condition (Service Authorization Reference, CloudWatch)');
    return handler;
  }

  /**
   * Partitions follow from the calendar, so that nobody has to add them (Athena guide, "Supported types for partition projection"). The version
   * is a column and no partition: most pairs of version and day are empty, and Athena would list each of them.
   */
  private projection(retention: Duration): Record<string, string> {
    return {
      classification: 'parquet',
      'projection.enabled': 'true',
      [`projection.${DAY_COLUMN}.type`]: 'date',
      [`projection.${DAY_COLUMN}.format`]: 'yyyy-MM-dd',
      // A day more on both sides: expiration runs at midnight, and so may a query.
      [`projection.${DAY_COLUMN}.range`]: `NOW-${retention.toDays() + 1}DAYS,NOW+1DAYS`,
      [`projection.${DAY_COLUMN}.interval`]: '1',
      [`projection.${DAY_COLUMN}.interval.unit`]: 'DAYS',
      'storage.location.template': `${s3Uri(this.lake.bucket.bucketName, lakeKeys.predictionsPrefix(this.modelName))}${DAY_COLUMN}=\${${DAY_COLUMN}}/`,
    };
  }

  private workGroup(): athena.CfnWorkGroup {
    return new athena.CfnWorkGroup(this, 'WorkGroup', {
      name: this.workGroupName,
      description: `Queries on the predictions of model ${this.modelName}`,
      // The history of queries must not keep the stack from being deleted.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        resultConfiguration: {
          outputLocation: s3Uri(this.lake.bucket.bucketName, lakeKeys.queriesPrefix(this.modelName)),
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: this.lake.key.keyArn },
        },
      },
    });
  }
}
