import { Problems } from './errors';

export interface CustomMetricCheck {
  readonly path: string;
  readonly code: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** CloudWatch takes 30 (API_PutMetricData); fewer when some are added later. */
  readonly maximumDimensions: number;
}

/** Names of a metric that an application publishes (API_PutMetricData, API_Dimension): 1 to 255 characters. */
export function requireMetricNames(names: { readonly namespace: string; readonly metricName: string; readonly variantDimension?: string }, check: CustomMetricCheck, problems: Problems): void {
  const { path, code, dimensions, maximumDimensions } = check;
  const { namespace, metricName, variantDimension } = names;
  for (const [name, value] of Object.entries({ namespace, metricName, ...(variantDimension === undefined ? {} : { variantDimension }) })) {
    problems.require(value.length >= 1 && value.length <= 255, code, `${path}.${name}`, value, 'must have 1 to 255 characters', 'give the name as your application publishes it');
  }
  const count = Object.keys(dimensions).length;
  problems.require(count <= maximumDimensions, code, `${path}.dimensions`, count, `must be at most ${maximumDimensions}: CloudWatch takes 30`, 'leave some out');
}
