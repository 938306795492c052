import type { CreatedResource, Simulation } from '../kernel/simulation';
import type { SsmService } from '../services/ssm';
import type { StackArtifact } from './cloud-assembly';
import { IntrinsicResolver } from './intrinsics';
import { parameterValues } from './parameters';

export interface StackScopeOptions {
  readonly stack: StackArtifact;
  readonly stackId: string;
  /** Resources by logical id, as far as they exist. */
  readonly resources: ReadonlyMap<string, CreatedResource>;
  readonly exports: ReadonlyMap<string, unknown>;
  /** Gets the names of imported values. */
  readonly imports: Set<string>;
}

/** Intrinsic functions of one stack while it is deployed. */
export function stackScope(simulation: Simulation, { stack, stackId, resources, exports, imports }: StackScopeOptions): IntrinsicResolver {
  const { account, region, partition } = simulation;
  const ssm = simulation.service<SsmService>('ssm');
  const ssmParameter = (name: string): string | undefined => ssm.value(name);
  return new IntrinsicResolver({
    template: stack.template,
    parameters: parameterValues(stack, stackId, { account, region, partition, ssmParameter }),
    resource: (logicalId) => resources.get(logicalId),
    importValue: (name) => {
      if (!exports.has(name)) throw new Error(`Fn::ImportValue: no stack exports ${name}`);
      imports.add(name);
      return exports.get(name);
    },
    availabilityZones: (name) => ['a', 'b', 'c'].map((letter) => `${name}${letter}`),
    dynamicReference: (text) =>
      text.replace(/\{\{resolve:([\w-]+):([^}]+)\}\}/g, (_, kind: string, name: string) => {
        const value = kind === 'ssm' ? ssmParameter(name.replace(/:\d+$/, '')) : undefined;
        if (value === undefined) throw new Error(`dynamic reference {{resolve:${kind}:${name}}} is not simulated or has no value`);
        return value;
      }),
  });
}
