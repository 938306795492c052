import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsRequest } from '../../lib/rehearsal/kernel/simulation';

/** A workflow with a mistake in it, to see that sequences of faults find mistakes. */
export interface Mutation {
  readonly name: string;
  /** A mistake in the definition of the state machine. */
  readonly states?: (states: Record<string, any>) => void;
  /** A request that the handlers forget: the service answers, and does nothing. */
  readonly forgets?: (request: Pick<AwsRequest, 'service' | 'operation' | 'input'>) => boolean;
  /** An object that the handlers do not find. */
  readonly hides?: (request: Pick<AwsRequest, 'service' | 'operation' | 'input'>) => boolean;
}

const key = ({ operation, input }: Pick<AwsRequest, 'operation' | 'input'>, end: RegExp): boolean => operation === 'PutObject' && end.test(String(input['Key']));
const suspends = ({ operation, input }: Pick<AwsRequest, 'operation' | 'input'>, suspended: boolean): boolean =>
  operation === 'RegisterScalableTarget' && input['SuspendedState']?.DynamicScalingInSuspended === suspended;

export const MUTATIONS: readonly Mutation[] = [
  { name: 'believes SageMaker: no truth check', states: (states) => (states['Verify'].Assign = { verification: { outcome: 'VERIFIED', reasons: ['SageMaker says so'] }, discard: false }) },
  { name: 'goes on without the lock', states: (states) => redirect(states, 'WaitForLock', 'ResetAttempts') },
  { name: 'releases the lock before it deploys', states: releaseEarly },
  { name: 'does not clean up', states: (states) => redirect(states, 'CleanUp', 'RecordOutcome') },
  { name: 'does not put the champion back', states: (states) => redirect(states, 'Restore', 'CleanUp') },
  { name: 'does not see a freeze', hides: ({ operation, input }) => operation === 'GetObject' && String(input['Key']).endsWith('/freeze.json') },
  { name: 'gives a reconciliation up in silence', states: (states) => redirect(states, 'IsReconciliation', 'Ended') },
  { name: 'records nothing', states: (states) => redirect(states, 'RecordOutcome', 'ReleaseLock') },
  { name: 'pages nobody', forgets: ({ operation }) => operation === 'Publish' },
  { name: 'does not move the champion pointer', forgets: (request) => key(request, /champion\.json$/) },
  { name: 'does not suspend scaling', forgets: (request) => suspends(request, true) },
  { name: 'does not restore scaling', forgets: (request) => suspends(request, false) },
  { name: 'keeps rollback alarms', forgets: ({ operation }) => operation === 'DeleteAlarms' },
  { name: 'keeps endpoint configurations', forgets: ({ operation }) => operation === 'DeleteEndpointConfig' },
  { name: 'keeps models', forgets: ({ operation }) => operation === 'DeleteModel' },
  { name: 'does not release the lock', forgets: (request) => key(request, /locks\/deployment\.json$/) && JSON.parse(Buffer.from(request.input['Body'] as Uint8Array).toString()).holder === null },
  { name: 'marks an outcome as recorded without writing it', forgets: (request) => key(request, /ledger\/entries\//) },
];

/** A copy of the assembly whose deployment workflow has the mistake. */
export function mutate(assembly: string, { states: change }: Mutation): string {
  if (change === undefined) return assembly;
  const copy = mkdtempSync(join(tmpdir(), 'fault-mutation-'));
  cpSync(assembly, copy, { recursive: true });
  const file = join(copy, 'Faults.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, { Type: string; Properties: any }> };
  const machine = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine')!;
  const parts = machine.Properties.DefinitionString['Fn::Join'][1] as unknown[];
  const definition = JSON.parse(parts.map((part, index) => (typeof part === 'string' ? part : `@@${index}@@`)).join('')) as { States: Record<string, any> };
  change(definition.States);
  const text = JSON.stringify(withoutUnreachable(definition)).split(/@@(\d+)@@/);
  machine.Properties.DefinitionString['Fn::Join'][1] = text.map((part, index) => (index % 2 === 0 ? part : parts[Number(part)]));
  writeFileSync(file, JSON.stringify(template));
  return copy;
}

/** Whoever goes to `from` goes to `to`. */
function redirect(states: Record<string, any>, from: string, to: string): void {
  if (states[from] === undefined || states[to] === undefined) throw new Error(`there is no state ${states[from] === undefined ? from : to}`);
  const change = (value: any): void => {
    if (value === null || typeof value !== 'object') return;
    for (const member of ['Next', 'Default']) if (value[member] === from) value[member] = to;
    Object.values(value).forEach(change);
  };
  change(states);
}

function releaseEarly(states: Record<string, any>): void {
  states['ReleaseTooEarly'] = { ...structuredClone(states['ReleaseLock']), Next: 'Plan', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Plan' }] };
  states['ResetAttempts'].Next = 'ReleaseTooEarly';
}

/** Step Functions refuses states that nothing leads to. */
function withoutUnreachable(definition: any): any {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    const follow = (value: any): void => {
      if (value === null || typeof value !== 'object') return;
      for (const member of ['Next', 'Default']) if (typeof value[member] === 'string') visit(value[member]);
      Object.values(value).forEach(follow);
    };
    follow(definition.States[name]);
  };
  visit(definition.StartAt);
  return { ...definition, States: Object.fromEntries(Object.entries(definition.States).filter(([name]) => reached.has(name))) };
}
