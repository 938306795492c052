/**
 * The data contract as plain data: what a column is, and the layouts that follow from it. Imports nothing.
 * The document is validated by data-contract.ts at synth; handlers and containers receive the normalised form.
 */
export type ColumnType = 'integer' | 'number' | 'string' | 'boolean' | 'timestamp';
export type ColumnRole = 'feature' | 'label' | 'id' | 'time' | 'slice' | 'protected';
export type TaskType = 'binary-classification' | 'multiclass-classification' | 'regression';

/** Normalised column: every optional of the file format has its value. */
export interface ContractColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** At least one; a feature may also be `slice` and/or `protected`. */
  readonly roles: readonly ColumnRole[];
  /** Greatest share of empty values that a file may have, 0 to 1. 0 = not nullable. */
  readonly maximumNullShare: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly categories?: readonly string[];
}

export interface ContractDocument {
  readonly task: TaskType;
  readonly columns: readonly ContractColumn[];
}

export function hasRole(column: ContractColumn, role: ColumnRole): boolean {
  return column.roles.includes(role);
}

/** Columns that drift statistics treat as numbers; all others are categorical. */
export function isNumeric(column: ContractColumn): boolean {
  return (column.type === 'integer' || column.type === 'number') && column.categories === undefined;
}

/**
 * The layouts of curated CSV files (never a header, as SageMaker's algorithms want it):
 * - `train`, `validation`: label, then the features in contract order
 * - `test`: passthrough columns (id, time, slice, protected that are no features), label, features
 * - request to the endpoint, data capture input: the features in contract order
 * - batch transform output (JoinSource Input): the `test` columns, then the prediction
 */
export interface ColumnLayout {
  readonly label: ContractColumn;
  readonly features: readonly ContractColumn[];
  readonly passthrough: readonly ContractColumn[];
  readonly time?: ContractColumn;
}

export function columnLayout(contract: ContractDocument): ColumnLayout {
  const label = contract.columns.find((column) => hasRole(column, 'label'));
  if (!label) throw new Error('the contract has no column with role label');
  const features = contract.columns.filter((column) => hasRole(column, 'feature'));
  const passthrough = contract.columns.filter((column) => column !== label && !features.includes(column));
  return { label, features, passthrough, time: contract.columns.find((column) => hasRole(column, 'time')) };
}
