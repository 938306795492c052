import { AwsError } from '../../kernel/aws-error';
import type { Random } from '../../kernel/random';
import type { Endpoint } from './endpoint';
import type { Fleet, FleetVariant } from './fleet';

export interface Target {
  readonly fleet: Fleet;
  readonly variant: FleetVariant;
}

/** Fleet by the share of the moment, variant by its weight (guide: model-ab-testing) or as the caller wants it. */
export function route(endpoint: Endpoint, routing: Random, account: string, targetVariant?: string): Target {
  // Drawn for every request, so that a deployment does not shift the random numbers of what comes after it.
  const fleetDraw = routing.next();
  const variantDraw = routing.next();
  const fleet = chosenFleet(endpoint, fleetDraw);
  if (targetVariant !== undefined) {
    const named = fleet.variants.find((variant) => variant.name === targetVariant);
    if (!named) throw new AwsError('ValidationError', `Variant ${targetVariant} not found for Endpoint ${endpoint.name} of account ${account}.`);
    return { fleet, variant: named };
  }
  let left = variantDraw * fleet.variants.reduce((sum, variant) => sum + variant.weight, 0);
  for (const variant of fleet.variants) {
    left -= variant.weight;
    if (left < 0) return { fleet, variant };
  }
  throw new AwsError('ValidationError', `Endpoint ${endpoint.name} has no variant with a weight above 0.`);
}

function chosenFleet({ fleet, pending, stranded }: Endpoint, draw: number): Fleet {
  const share = pending?.share ?? 0;
  if (draw < share) return pending!.fleet;
  // What the update leaves to the fleets before it, stretched to 0…1.
  return stranded !== undefined && (draw - share) / (1 - share) < stranded.share ? stranded.fleet : fleet;
}
