import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { EndpointAlarms } from '../deployment/endpoint-alarms';
import { alarmStatus, deploymentAnalysis, endpointRow, outcomes } from './endpoint-widgets';

export interface EndpointDashboardProps {
  readonly modelName: string;
  readonly endpointAlarms: EndpointAlarms;
}

/** The page of a model whose predictions are not monitored. */
export class EndpointDashboard extends cloudwatch.Dashboard {
  public constructor(scope: Construct, id: string, { modelName, endpointAlarms }: EndpointDashboardProps) {
    super(scope, id, {
      widgets: [[alarmStatus(modelName, endpointAlarms.all)], endpointRow(endpointAlarms), [deploymentAnalysis(modelName), outcomes(modelName, Duration.hours(1))]],
    });
  }
}
