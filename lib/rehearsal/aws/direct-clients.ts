import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { AwsError } from '../kernel/aws-error';
import type { Principal } from '../kernel/simulation';
import { sdkException } from './sdk-exception';
import type { RehearsalGateway } from './gateway';
import { maxAttempts } from './retry-strategy';
import { SdkPackages } from './sdk-packages';
import type { ServiceModel } from './service-model';

/**
 * Clients that hand their commands to the gateway without HTTP between: schema check, faults, permissions, retries and exceptions are the
 * same, the SDK's own serialization and middleware are left out. For tests that repeat a whole simulation thousands of times.
 */
export class DirectClients extends SdkPackages {
  public constructor(private readonly gateway: RehearsalGateway) {
    super();
  }

  protected boundClient(model: ServiceModel, principal: Principal, name: string): unknown {
    const send = (command: { readonly constructor: { readonly name: string }; readonly input: Record<string, unknown> }): Promise<unknown> =>
      this.send(model, principal, command.constructor.name.replace(/Command$/, ''), command.input);
    const Direct = class {
      public readonly send = send;
      public destroy(): void {}
    };
    Object.defineProperty(Direct, 'name', { value: name });
    // The SDK's paginators ask whether they got its client.
    Object.setPrototypeOf(Direct.prototype, (model.sdk[name] as { prototype: object }).prototype);
    return Direct;
  }

  private async send(model: ServiceModel, principal: Principal, operation: string, input: Record<string, unknown>): Promise<unknown> {
    const operationModel = model.operations.get(operation)!;
    for (let attempt = 1; ; attempt++) {
      try {
        return asStream(await this.gateway.execute({ principal, model, operation: operationModel, input }));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const exception = error.statusCode === 0 ? Object.assign(new Error(error.message), { name: error.code, code: error.code }) : sdkException(model, error);
        const repeatable = isThrottlingError(exception as never) || isTransientError(exception as never);
        if (!repeatable || attempt >= maxAttempts) throw exception;
      }
    }
  }
}

/** The SDK gives the body of an object as a stream that can also be read at once; iterated, bytes would be numbers. */
function asStream(output: unknown): unknown {
  const { Body } = (output ?? {}) as { Body?: unknown };
  if (!(Body instanceof Uint8Array)) return output;
  Object.defineProperties(Body, {
    transformToByteArray: { value: () => Promise.resolve(Body) },
    [Symbol.asyncIterator]: {
      value: async function* (): AsyncGenerator<Uint8Array> {
        yield Body;
      },
    },
  });
  return output;
}
