import { Constraints, invalid } from './validation';

interface Listed {
  readonly name: string;
  readonly status?: string;
  readonly created: number;
  readonly modified: number;
}

/** Filters, order and pages that all List operations of SageMaker share; pages of 10 unless asked otherwise. */
export function page<T extends Listed>(all: Iterable<T>, input: Record<string, any>): { items: T[]; NextToken?: string } {
  new Constraints().range('maxResults', input.MaxResults, 1, 100).check();
  const inRange = (time: number, after: Date | undefined, before: Date | undefined): boolean =>
    (after === undefined || time > after.getTime()) && (before === undefined || time < before.getTime());
  const found = [...all].filter(
    (item) =>
      (input.NameContains === undefined || item.name.toLowerCase().includes(input.NameContains.toLowerCase())) &&
      (input.StatusEquals === undefined || item.status === input.StatusEquals) &&
      inRange(item.created, input.CreationTimeAfter, input.CreationTimeBefore) &&
      inRange(item.modified, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore),
  );
  const direction = input.SortOrder === 'Ascending' ? 1 : -1;
  const order = (a: T, b: T): number => {
    if (input.SortBy === 'Name') return a.name < b.name ? -1 : 1;
    if (input.SortBy === 'Status') return (a.status ?? '') < (b.status ?? '') ? -1 : 1;
    return a.created - b.created;
  };
  // Position breaks ties: what was created later counts as later.
  const sorted = found.map((item, position) => ({ item, position })).sort((a, b) => direction * (order(a.item, b.item) || a.position - b.position));
  const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(start)) throw invalid('Invalid NextToken');
  const end = start + (input.MaxResults ?? 10);
  const items = sorted.slice(start, end).map((entry) => entry.item);
  return end < sorted.length ? { items, NextToken: String(end) } : { items };
}
