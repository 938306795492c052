import type { SchemaElement } from 'hyparquet';
// Not the package's entry: it brings the guessing of types, variants and local files, which nothing here needs.
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { ParquetWriter } from 'hyparquet-writer/src/parquet-writer.js';
import type { LogColumn } from './prediction-columns';
import type { LogRow } from './prediction-rows';

/** Types as Athena reads them (Parquet format, "Logical types", the older form that every reader knows). */
const PARQUET_TYPES = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  int: { type: 'INT32' },
  bigint: { type: 'INT64' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const satisfies Record<LogColumn['type'], Omit<SchemaElement, 'name'>>;

/** The same rows give the same bytes. A file without rows says that there was nothing to log. */
export function parquetFile(columns: readonly LogColumn[], rows: readonly LogRow[]): Uint8Array {
  const writer = new ByteWriter();
  const root: SchemaElement = { name: 'root', num_children: columns.length };
  const schema = [root, ...columns.map(({ name, type }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...PARQUET_TYPES[type] }))];
  const file = new ParquetWriter({ writer, schema, createdBy: 'cdk-ml-pipeline' });
  const columnData = columns.map(({ name }) => ({
    name,
    data: rows.map((row) => row[name] ?? null),
    // Athena looks into it before it reads a file: a query for one id skips nearly all files.
    ...(name === 'prediction_id' ? { bloomFilter: true } : {}),
  }));
  if (rows.length > 0) void file.write({ columnData });
  void file.finish();
  return new Uint8Array(writer.getBuffer());
}
