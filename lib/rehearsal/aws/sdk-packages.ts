import { builtinModules } from 'node:module';
import type { Principal } from '../kernel/simulation';
import { serviceIdOfPackage, serviceIds, serviceModel } from './sdk-registry';
import type { ServiceModel } from './service-model';

/** `require` as a handler sees it: the SDK packages of the Lambda runtime, their clients bound to the principal of the function. */
export abstract class SdkPackages {
  public requireFor(principal: Principal): (id: string) => unknown {
    const packages = new Map<string, unknown>();
    return (id) => {
      if (id.startsWith('node:') || builtinModules.includes(id)) return require(id) as unknown;
      const serviceId = serviceIdOfPackage(id);
      if (serviceId === undefined) {
        const known = serviceIds.map((service) => `@aws-sdk/client-${service}`).join(', ');
        throw new Error(`Cannot load '${id}': a handler bundles what it needs; of the Lambda runtime's SDK the rehearsal knows ${known}`);
      }
      let bound = packages.get(id);
      if (!bound) packages.set(id, (bound = this.bind(serviceModel(serviceId)!, principal)));
      return bound;
    };
  }

  protected abstract boundClient(model: ServiceModel, principal: Principal, name: string): unknown;

  /** Without copying: an SDK package exports a thousand things, and every function of every simulation binds some packages. */
  private bind(model: ServiceModel, principal: Principal): object {
    const clients = new Map(model.clientNames.map((name) => [name, this.boundClient(model, principal, name)]));
    return new Proxy(model.sdk, { get: (sdk, name) => clients.get(name as string) ?? (sdk[name as string] as unknown) });
  }
}
