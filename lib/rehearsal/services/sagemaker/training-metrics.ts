export interface MetricDefinition {
  readonly Name: string;
  readonly Regex: string;
}

export interface ObservedMetric {
  readonly name: string;
  readonly value: number;
}

/** Values that the metric definitions find in the log, line by line; the first group of the expression is the number. */
export function observedMetrics(log: string, definitions: readonly MetricDefinition[]): ObservedMetric[] {
  const expressions = definitions.map((definition) => ({ name: definition.Name, expression: new RegExp(definition.Regex, 'g') }));
  const observed: ObservedMetric[] = [];
  for (const line of log.split('\n')) {
    for (const { name, expression } of expressions) {
      for (const match of line.matchAll(expression)) {
        const value = Number(match[1] ?? match[0]);
        if (Number.isFinite(value)) observed.push({ name, value });
      }
    }
  }
  return observed;
}

/** The last value of each metric, in the order of first appearance: FinalMetricDataList of DescribeTrainingJob. */
export function finalMetrics(observed: readonly ObservedMetric[]): ObservedMetric[] {
  return [...new Map(observed.map((metric) => [metric.name, metric])).values()];
}
