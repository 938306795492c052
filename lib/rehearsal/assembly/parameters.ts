import type { StackArtifact } from './cloud-assembly';

export interface Surroundings {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** Value of an SSM parameter, undefined when there is none. */
  ssmParameter(name: string): string | undefined;
}

/** Values of the pseudo parameters and of the template's parameters, which take their defaults. */
export function parameterValues(stack: StackArtifact, stackId: string, surroundings: Surroundings): Map<string, unknown> {
  const values = new Map<string, unknown>([
    ['AWS::AccountId', surroundings.account],
    ['AWS::Region', surroundings.region],
    ['AWS::Partition', surroundings.partition],
    ['AWS::URLSuffix', surroundings.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'],
    ['AWS::StackName', stack.stackName],
    ['AWS::StackId', stackId],
    ['AWS::NotificationARNs', []],
  ]);
  for (const [name, parameter] of Object.entries(stack.template.Parameters ?? {})) {
    const value = parameter.Default;
    if (value === undefined) throw new Error(`parameter ${name} of stack ${stack.stackName} has no default`);
    values.set(name, ofType(name, parameter.Type, value, surroundings));
  }
  return values;
}

function ofType(name: string, type: string, value: unknown, surroundings: Surroundings): unknown {
  if (type.startsWith('AWS::SSM::Parameter::Value')) {
    const stored = surroundings.ssmParameter(String(value));
    if (stored === undefined) throw new Error(`parameter ${name}: there is no SSM parameter ${JSON.stringify(value)}`);
    return type.includes('<List<') || type.endsWith('<CommaDelimitedList>') ? commaList(stored) : stored;
  }
  if (type === 'CommaDelimitedList' || type.startsWith('List<')) return commaList(value);
  return String(value);
}

function commaList(value: unknown): string[] {
  return String(value)
    .split(',')
    .map((item) => item.trim());
}
