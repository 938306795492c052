import { BadRow } from '../../container/inference-server';
import { FLIGHT_COLUMNS, type Flight } from './features';

/** Names of the feature columns in the order of requests and of curated files, from the data contract. */
export interface RequestLayout {
  readonly features: readonly string[];
}

interface ContractColumn {
  readonly name: string;
  readonly roles: readonly string[];
}

/** @throws when the contract lacks a column that the model needs */
export function requestLayout(contract: { readonly columns: readonly ContractColumn[] }): RequestLayout {
  const features = contract.columns.filter((column) => column.roles.includes('feature')).map((column) => column.name);
  const missing = FLIGHT_COLUMNS.filter((name) => !features.includes(name));
  if (missing.length > 0) throw new Error(`the data contract has no feature ${missing.join(', ')}`);
  return { features };
}

/** @throws BadRow */
export function toFlight(row: readonly string[], layout: RequestLayout, line: number): Flight {
  if (row.length !== layout.features.length) {
    throw new BadRow(`line ${line}: expected ${layout.features.length} values (${layout.features.join(', ')}), got ${row.length}`);
  }
  const text = (name: string): string => row[layout.features.indexOf(name)]!.trim();
  const number = (name: string): number => {
    const value = text(name);
    if (value === '') return NaN;
    const parsed = Number(value);
    if (!Number.isFinite(parsed)) throw new BadRow(`line ${line}: ${name} must be a number, got ${JSON.stringify(value)}`);
    return parsed;
  };
  const required = (name: string): number => {
    const value = number(name);
    if (Number.isNaN(value)) throw new BadRow(`line ${line}: ${name} is missing`);
    return value;
  };
  return {
    origin: text('origin'),
    destination: text('destination'),
    distance: number('distance'),
    hour: required('hour'),
    weekday: required('weekday'),
    month: required('month'),
  };
}
