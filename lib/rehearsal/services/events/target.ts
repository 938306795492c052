import { AwsError } from '../../kernel/aws-error';
import type { Principal, Simulation } from '../../kernel/simulation';
import type { Iam } from '../iam-access';

export interface TargetCall {
  /** Who delivers: `events.amazonaws.com`, `scheduler.amazonaws.com`. */
  readonly service: string;
  readonly sourceArn: string;
  readonly targetArn: string;
  readonly roleArn: string | undefined;
  /** JSON text. */
  readonly input: string;
  readonly executionName: string;
}

/** Calls what a rule or a schedule points at, with the rights that it has there. @throws AwsError */
export async function callTarget(simulation: Simulation, call: TargetCall): Promise<void> {
  const { gateway } = simulation;
  const { targetArn, input } = call;
  const kind = targetArn.split(':')[2];
  if (kind === 'lambda') {
    const Payload = Buffer.from(input);
    await gateway.call(principalOf(simulation, call), 'lambda', 'Invoke', { FunctionName: targetArn, InvocationType: 'Event', Payload });
  } else if (kind === 'states') {
    if (call.roleArn === undefined) throw new AwsError('ValidationException', `target ${targetArn} needs a role`, 400);
    const name = call.executionName.slice(0, 80);
    await gateway.call(principalOf(simulation, call), 'sfn', 'StartExecution', { stateMachineArn: targetArn, name, input });
  } else if (kind === 'sns') {
    await gateway.call(principalOf(simulation, call), 'sns', 'Publish', { TopicArn: targetArn, Message: input });
  } else throw new AwsError('ValidationException', `target ${targetArn} is not simulated`, 400);
}

/** The role that the target names, or the service itself, which a resource policy must let in. */
export function principalOf(simulation: Simulation, { service, roleArn, sourceArn }: Pick<TargetCall, 'service' | 'roleArn' | 'sourceArn'>): Principal {
  if (roleArn === undefined) return { arn: sourceArn, service, context: { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': simulation.account } };
  if (!simulation.service<Iam>('iam').mayAssume(roleArn, service)) throw new AwsError('AccessDeniedException', `${service} may not assume ${roleArn}`, 403);
  return { arn: roleArn };
}

/** A delivery that failed for good: AWS would drop the event (there is no dead-letter queue), a rehearsal says so. */
export function reportFailure(simulation: Simulation, subject: string, target: string, error: unknown): void {
  if (!(error instanceof AwsError)) throw error;
  const message = `delivery to ${target} failed: ${error.code}: ${error.message}`;
  simulation.timeline.emit({ time: simulation.clock.now(), kind: 'note', subject, status: 'FAILED', message });
}
