import { columnLayout, type ContractDocument, isNumeric } from '../data/data-contract.contract';
import { type MonitoredFeature } from './capture.contract';

/** The columns of a request, in the order of the contract. */
export function monitoredFeatures(contract: ContractDocument): MonitoredFeature[] {
  return columnLayout(contract).features.map((column) => ({
    name: column.name,
    type: isNumeric(column) ? 'numeric' : 'categorical',
    ...(column.minimum === undefined ? {} : { minimum: column.minimum }),
    ...(column.maximum === undefined ? {} : { maximum: column.maximum }),
    ...(column.categories === undefined ? {} : { categories: column.categories }),
  }));
}
