/** SageMaker hands hyperparameters over as strings: input/config/hyperparameters.json. */
export interface Hyperparameters {
  readonly epochs: number;
  readonly learningRate: number;
  readonly hiddenUnits: number;
  readonly batchSize: number;
  /** Rows that the overall delay rate counts for when a category's rate is estimated. */
  readonly smoothing: number;
  readonly seed: number;
}

interface Rule {
  readonly standard: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly integer: boolean;
}

/** Chosen on January to April (2026): AUC on later days changes by less than 0.003 around these values. */
const RULES: Record<keyof Hyperparameters, Rule> = {
  epochs: { standard: 3, minimum: 1, maximum: 100, integer: true },
  learningRate: { standard: 0.003, minimum: 1e-9, maximum: 10, integer: false },
  hiddenUnits: { standard: 16, minimum: 1, maximum: 256, integer: true },
  batchSize: { standard: 256, minimum: 1, maximum: 65536, integer: true },
  smoothing: { standard: 50, minimum: 0, maximum: 1e9, integer: false },
  seed: { standard: 1, minimum: 0, maximum: 2 ** 31, integer: true },
};

/** @throws with every unknown name and every value out of range */
export function parseHyperparameters(given: Record<string, string>): Hyperparameters {
  const problems: string[] = [];
  for (const name of Object.keys(given)) if (!(name in RULES)) problems.push(`unknown hyperparameter ${name}; known are ${Object.keys(RULES).join(', ')}`);
  const values = Object.entries(RULES).map(([name, rule]) => {
    const value = given[name] === undefined ? rule.standard : Number(given[name]);
    if (!(value >= rule.minimum && value <= rule.maximum) || (rule.integer && !Number.isInteger(value))) {
      const kind = rule.integer ? 'an integer' : 'a number';
      problems.push(`hyperparameter ${name} must be ${kind} from ${rule.minimum} to ${rule.maximum}, got ${JSON.stringify(given[name])}`);
    }
    return [name, value];
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
  return Object.fromEntries(values) as unknown as Hyperparameters;
}
