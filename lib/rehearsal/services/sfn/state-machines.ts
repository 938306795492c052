import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueId } from '../../assembly/physical-name';
import { AwsError } from '../../kernel/aws-error';
import type { ResourceRequest, Simulation } from '../../kernel/simulation';
import { checkDefinition } from './check';
import type { StateMachine } from './execution';
import { bodyBytes } from './s3-calls';

/** Properties of AWS::StepFunctions::StateMachine that change nothing here, because nothing in the rehearsal could tell the difference. */
const WITHOUT_EFFECT = ['LoggingConfiguration', 'TracingConfiguration', 'EncryptionConfiguration', 'Tags'];
const PROPERTIES = [
  'Definition',
  'DefinitionString',
  'DefinitionS3Location',
  'DefinitionSubstitutions',
  'RoleArn',
  'StateMachineName',
  'StateMachineType',
  ...WITHOUT_EFFECT,
];

/** AWS::StepFunctions::StateMachine (CloudFormation template reference, that page). @throws Error naming state machine, state and field */
export async function createStateMachine(simulation: Simulation, request: ResourceRequest): Promise<StateMachine> {
  const { properties, logicalId, constructPath } = request;
  for (const property of Object.keys(properties)) {
    if (!PROPERTIES.includes(property)) throw new Error(`${constructPath}: AWS::StepFunctions::StateMachine.${property} is not simulated`);
  }
  // Without a name CloudFormation appends something unique to the logical id.
  const unique = createHash('sha256').update(uniqueId(request)).digest('hex').slice(0, 12);
  const name = (properties.StateMachineName as string | undefined) ?? `${logicalId.slice(0, 67)}-${unique}`;
  checkName(name);
  const definition = await definitionText(simulation, request);
  let parsed: unknown;
  try {
    parsed = JSON.parse(definition);
  } catch (error) {
    throw new AwsError('InvalidDefinition', `${constructPath}: the definition of state machine ${name} is not JSON: ${(error as Error).message}`);
  }
  const { machine, problems } = checkDefinition(parsed);
  if (problems.length > 0) {
    const list = problems.map((problem) => `\n  ${problem}`).join('');
    throw new AwsError('InvalidDefinition', `${constructPath}: state machine ${name} cannot be run:${list}`);
  }
  return {
    arn: `arn:${simulation.partition}:states:${simulation.region}:${simulation.account}:stateMachine:${name}`,
    name,
    logicalId,
    roleArn: properties.RoleArn as string,
    type: (properties.StateMachineType as StateMachine['type'] | undefined) ?? 'STANDARD',
    definition,
    machine,
    createdAt: simulation.clock.now(),
    properties,
  };
}

/** Names of state machines and executions: 1 to 80 characters, no white space and few special characters (API reference, StartExecution, name). */
export function checkName(name: string): void {
  if (!/^[^\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

async function definitionText(simulation: Simulation, request: ResourceRequest): Promise<string> {
  const { Definition, DefinitionString, DefinitionS3Location, DefinitionSubstitutions } = request.properties;
  let text: string;
  if (typeof DefinitionString === 'string') text = DefinitionString;
  else if (Definition !== undefined) text = JSON.stringify(Definition);
  else if (DefinitionS3Location) text = await definitionFile(simulation, request, DefinitionS3Location as S3Location);
  else throw new AwsError('InvalidDefinition', `${request.constructPath}: no definition`);
  for (const [key, value] of Object.entries((DefinitionSubstitutions as Record<string, unknown> | undefined) ?? {})) {
    text = text.replaceAll(`\${${key}}`, String(value));
  }
  return text;
}

interface S3Location {
  readonly Bucket: string;
  readonly Key: string;
  readonly Version?: string;
}

/** A file asset lies in the cloud assembly as `asset.<hash>.json`; anything else in the simulated bucket. */
async function definitionFile(simulation: Simulation, request: ResourceRequest, location: S3Location): Promise<string> {
  const asset = join(request.assembly, `asset.${location.Key}`);
  if (existsSync(asset)) return readFileSync(asset, 'utf8');
  const deployer = { arn: `arn:${simulation.partition}:iam::${simulation.account}:user/cloudformation`, root: true };
  const version = location.Version === undefined ? {} : { VersionId: location.Version };
  const answer = await simulation.gateway.call(deployer, 's3', 'GetObject', { Bucket: location.Bucket, Key: location.Key, ...version });
  return Buffer.from(await bodyBytes(answer.Body)).toString('utf8');
}
