/** Logistic regression on standardised features: small enough that a release example is about the release. */
export interface LogisticModel {
  readonly names: readonly string[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

const ITERATIONS = 200;
const LEARNING_RATE = 0.5;

/** @param used names of the features that the model may look at; the others get no weight */
export function trainLogistic(names: readonly string[], rows: readonly (readonly number[])[], labels: readonly number[], used: readonly string[]): LogisticModel {
  const means = names.map((_, i) => average(rows.map((row) => row[i]!)));
  const deviations = names.map((_, i) => Math.sqrt(average(rows.map((row) => (row[i]! - means[i]!) ** 2))) || 1);
  const inputs = rows.map((row) => row.map((value, i) => (used.includes(names[i]!) ? (value - means[i]!) / deviations[i]! : 0)));
  const weights = names.map(() => 0);
  let bias = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const errors = inputs.map((input, i) => sigmoid(bias + dot(weights, input)) - labels[i]!);
    bias -= LEARNING_RATE * average(errors);
    names.forEach((_, i) => (weights[i]! -= LEARNING_RATE * average(errors.map((error, row) => error * inputs[row]![i]!))));
  }
  return { names: [...names], means, deviations, weights, bias };
}

export function predictLogistic(model: LogisticModel, row: readonly number[]): number {
  return sigmoid(model.bias + dot(model.weights, row.map((value, i) => (value - model.means[i]!) / model.deviations[i]!)));
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
