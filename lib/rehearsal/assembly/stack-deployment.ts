import type { CreatedResource, ResourceRequest, SimulatedService, Simulation } from '../kernel/simulation';
import type { SsmService } from '../services/ssm';
import type { StackArtifact, TemplateResource } from './cloud-assembly';
import { CustomResources, type CustomResource } from './custom-resource';
import { IntrinsicResolver } from './intrinsics';
import { parameterValues } from './parameters';
import { creationOrder } from './references';

/** A resource of the deployed stacks. */
export interface DeployedResource extends CreatedResource {
  readonly type: string;
  readonly logicalId: string;
  readonly constructPath: string;
  readonly stackName: string;
  readonly properties: Record<string, any>;
}

/** Creates the resources of stacks in the simulated services, in the order that CloudFormation would. */
export class StackDeployment {
  public readonly resources: DeployedResource[] = [];
  public readonly exports = new Map<string, unknown>();
  /** Outputs by stack name. */
  public readonly outputs = new Map<string, Record<string, unknown>>();
  private readonly customResources: CustomResources;
  private readonly created: CustomResource[] = [];

  public constructor(
    private readonly simulation: Simulation,
    private readonly services: readonly SimulatedService[],
  ) {
    this.customResources = new CustomResources(simulation);
  }

  /** @throws Error naming stack, construct path, logical id and type of the resource that failed */
  public async deploy(stack: StackArtifact): Promise<void> {
    const { account, region, partition, random } = this.simulation;
    if (stack.template.Transform !== undefined) throw new Error(`stack ${stack.stackName}: template transforms are not simulated`);
    const stackId = `arn:${partition}:cloudformation:${region}:${account}:stack/${stack.stackName}/${random.stream(`stack ${stack.stackName}`).uuid()}`;
    const here = new Map<string, DeployedResource>();
    const resolver = this.resolver(stack, stackId, here);
    for (const logicalId of creationOrder(stack.template)) {
      const resource = stack.template.Resources[logicalId]!;
      const constructPath = String(resource.Metadata?.['aws:cdk:path'] ?? stack.constructPaths.get(logicalId) ?? `${stack.stackName}/${logicalId}`);
      try {
        if (resource.Condition !== undefined && !resolver.condition(resource.Condition)) continue;
        const properties = (resolver.resolve(resource.Properties ?? {}) ?? {}) as Record<string, any>;
        const request: ResourceRequest = { type: resource.Type, logicalId, properties, constructPath, stackName: stack.stackName, assembly: stack.folder };
        const created = await this.create(request, resource, stackId);
        const deployed = { ...created, type: resource.Type, logicalId, constructPath, stackName: stack.stackName, properties };
        here.set(logicalId, deployed);
        this.resources.push(deployed);
      } catch (error) {
        throw new Error(`${constructPath} (${logicalId}, ${resource.Type}): ${(error as Error).message}`, { cause: error });
      }
    }
    this.evaluateOutputs(stack, resolver);
  }

  /** Deletes the custom resources of a stack, newest first: what their functions created at run time goes with them. */
  public async deleteCustomResources(stackName: string): Promise<void> {
    for (const custom of this.created.filter(({ request }) => request.stackName === stackName).reverse()) {
      await this.customResources.delete(custom);
      this.created.splice(this.created.indexOf(custom), 1);
    }
  }

  private async create(request: ResourceRequest, resource: TemplateResource, stackId: string): Promise<CreatedResource> {
    const service = this.services.find(({ resources }) => Object.hasOwn(resources, resource.Type));
    if (service) return service.resources[resource.Type]!(request);
    if (resource.Type === 'AWS::CloudFormation::CustomResource' || resource.Type.startsWith('Custom::')) {
      const { created, custom } = await this.customResources.create(request, stackId);
      this.created.push(custom);
      return created;
    }
    throw new Error('the rehearsal does not simulate this resource type');
  }

  private resolver(stack: StackArtifact, stackId: string, here: ReadonlyMap<string, DeployedResource>): IntrinsicResolver {
    const { account, region, partition } = this.simulation;
    const ssm = this.simulation.service<SsmService>('ssm');
    const ssmParameter = (name: string): string | undefined => ssm.value(name);
    return new IntrinsicResolver({
      template: stack.template,
      parameters: parameterValues(stack, stackId, { account, region, partition, ssmParameter }),
      resource: (logicalId) => here.get(logicalId),
      importValue: (name) => {
        if (!this.exports.has(name)) throw new Error(`Fn::ImportValue: no stack exports ${name}`);
        return this.exports.get(name);
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

  private evaluateOutputs(stack: StackArtifact, resolver: IntrinsicResolver): void {
    const outputs: Record<string, unknown> = {};
    for (const [name, output] of Object.entries(stack.template.Outputs ?? {})) {
      if (output.Condition !== undefined && !resolver.condition(output.Condition)) continue;
      try {
        outputs[name] = resolver.resolve(output.Value);
        if (output.Export) this.exports.set(String(resolver.resolve(output.Export.Name)), outputs[name]);
      } catch (error) {
        throw new Error(`output ${name} of stack ${stack.stackName}: ${(error as Error).message}`, { cause: error });
      }
    }
    this.outputs.set(stack.stackName, outputs);
  }
}
