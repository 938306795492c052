import type { ProductionVariantServerlessConfig } from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../kernel/aws-error';
import type { Random } from '../../kernel/random';
import type { SageMakerContext } from './context';
import { durations } from './durations';
import type { VariantMetrics } from './endpoint-metrics';

/** One execution environment: serves one request after the other. */
interface Environment {
  /** Virtual time in milliseconds, with fractions. */
  busyUntil: number;
}

/**
 * Concurrency of a serverless variant (guide: serverless-endpoints, "Concurrent invocations" and "Cold starts"): a request takes a warm
 * environment or starts one; beyond the maximum it is throttled. Provisioned concurrency is always warm and used first.
 */
export class ServerlessCapacity {
  public current: ProductionVariantServerlessConfig;
  public desired: ProductionVariantServerlessConfig;
  /** The first `ProvisionedConcurrency` of them are the provisioned ones. */
  private readonly environments: Environment[] = [];
  private readonly random: Random;

  public constructor(
    context: SageMakerContext,
    endpointName: string,
    config: ProductionVariantServerlessConfig,
    private readonly metrics: VariantMetrics,
  ) {
    this.current = config;
    this.desired = config;
    this.random = context.simulation.random.stream(`sagemaker/serverless/${endpointName}`);
  }

  /**
   * Takes an environment for so long.
   * @returns what the cold start adds, in microseconds
   * @throws ThrottlingException beyond the maximum concurrency
   */
  public begin(now: number, modelLatencyMicroseconds: number): number {
    const provisioned = this.current.ProvisionedConcurrency ?? 0;
    while (this.environments.length < provisioned) this.environments.push({ busyUntil: -Infinity });
    const busy = this.environments.filter(({ busyUntil }) => busyUntil > now).length;
    if (busy >= this.current.MaxConcurrency!) throw new AwsError('ThrottlingException', 'Rate exceeded', 400);
    const isWarm = ({ busyUntil }: Environment, index: number): boolean => index < provisioned || now - busyUntil < durations.serverlessIdle;
    const position = this.environments.findIndex((environment, index) => environment.busyUntil <= now && isWarm(environment, index));
    const cold = position < 0;
    const setup = cold ? 2_000_000 + this.random.integer(4_000_000) : 0;
    const environment = cold ? this.replaceIdle(now, provisioned) : this.environments[position]!;
    environment.busyUntil = now + (setup + modelLatencyMicroseconds) / 1000;
    if (cold) this.metrics.put('ModelSetupTime', setup, 'Microseconds');
    this.metrics.put('ServerlessConcurrentExecutionsUtilization', (busy + 1) / this.current.MaxConcurrency!, 'None');
    if (provisioned > 0) this.countProvisioned(now, provisioned, !cold && position < provisioned);
    return setup;
  }

  /** What the last scaling asked for holds from now on. */
  public settle(): void {
    this.current = this.desired;
  }

  /** An environment that went cold gives its place to the new one. */
  private replaceIdle(now: number, provisioned: number): Environment {
    const idle = this.environments.find(({ busyUntil }, index) => index >= provisioned && busyUntil <= now);
    if (idle) return idle;
    const environment = { busyUntil: now };
    this.environments.push(environment);
    return environment;
  }

  private countProvisioned(now: number, provisioned: number, used: boolean): void {
    const executions = this.environments.slice(0, provisioned).filter(({ busyUntil }) => busyUntil > now).length;
    this.metrics.put('ServerlessProvisionedConcurrencyExecutions', executions, 'Count');
    this.metrics.put('ServerlessProvisionedConcurrencyUtilization', executions / provisioned, 'None');
    this.metrics.put(used ? 'ServerlessProvisionedConcurrencyInvocations' : 'ServerlessProvisionedConcurrencySpilloverInvocations', 1, 'Count');
  }
}
