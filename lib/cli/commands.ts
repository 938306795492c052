/** What can be typed: parser, help and documentation read it here. */
export interface OptionDescription {
  /** What help calls its value; absent for a flag. */
  readonly value?: string;
  readonly short?: string;
  readonly text: string;
}

export interface CommandDescription {
  readonly name: CommandName;
  /** In capitals, as help shows them; the last may be one or more, `FILE...`. */
  readonly positionals: readonly string[];
  /** Options in the usage line. */
  readonly usage: string;
  /** One line of the list of commands. */
  readonly summary: string;
  /** Paragraphs, one a line. */
  readonly description: string;
  readonly options: Readonly<Record<string, OptionDescription>>;
}

export type CommandName = 'rehearse' | 'status' | 'history' | 'deploy' | 'rollback' | 'freeze' | 'unfreeze' | 'backtest' | 'profile' | 'drift' | 'import-baseline';

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionDescription>> = { help: { short: 'h', text: 'prints this' } };

/** Of every command that works on an account. Credentials come from where AWS tools look for them. */
const ACCOUNT: Readonly<Record<string, OptionDescription>> = {
  region: { value: 'REGION', text: "where the model is (default: the environment's, else the profile's)" },
  profile: { value: 'NAME', text: 'of the AWS configuration files' },
  'endpoint-url': { value: 'URL', text: 'asks this address instead of AWS, for instance a rehearsal' },
  json: { text: 'prints one JSON document' },
};

const START: Readonly<Record<string, OptionDescription>> = {
  reason: { value: 'TEXT', text: 'why, for the ledger' },
  wait: { text: 'follows the deployment until it ends' },
};

/** How files of rows are read. */
const FILES: Readonly<Record<string, OptionDescription>> = {
  contract: { value: 'FILE', text: "data contract with the columns' names and types; its id and time columns, and others than it has, are not read" },
  columns: { value: 'NAMES', text: 'only these, separated by commas' },
  numeric: { value: 'NAMES', text: 'reads these as numbers, whatever they look like' },
  categorical: { value: 'NAMES', text: 'reads these as categories' },
  format: { value: 'NAME', text: 'csv, parquet, json-lines or data-capture (default: told by the first bytes)' },
  delimiter: { value: 'NAME', text: 'of CSV: comma, semicolon, tab, bar or another character (default: told by the first line)' },
  header: { text: 'the first line of CSV names the columns' },
  'no-header': { text: 'it does not (default: it does, unless it has a number)' },
};

const TYPES =
  "Without --contract a column is numeric when the file says so or at least 90 % of its first values are numbers, left out when they are times, else categorical; empty cells, and NaN, NA, null and None among numbers, are missing. What could not be read is counted and told.";

const EXIT_CODES = 'Exit code 0 when the deployment was started or, with --wait, when the version serves; with --wait 1 when it ended in any other way; 2 when it could not be started.';

export const COMMANDS: readonly CommandDescription[] = [
  {
    name: 'status',
    positionals: ['MODEL'],
    usage: '[options]',
    summary: 'what serves, whether it is what should serve, and what is going on',
    description: 'Shows champion, endpoint, whether both agree, running workflows, freeze, versions waiting for deployment, scaling, alarms and the last outcomes of a model.',
    options: ACCOUNT,
  },
  {
    name: 'history',
    positionals: ['MODEL'],
    usage: '[--limit N] [--workflow NAME] [options]',
    summary: 'the ledger, newest entry first, its hash chain verified',
    description: 'Shows what happened to a model and why. Exit code 1 when the ledger was altered or lacks an entry.',
    options: {
      limit: { value: 'N', text: 'entries to show (default 20)' },
      workflow: { value: 'NAME', text: 'only of training, deployment, monitoring, retraining or operations' },
      all: { text: 'verifies the ledger from its first entry on, not only what was read' },
      ...ACCOUNT,
    },
  },
  {
    name: 'deploy',
    positionals: ['MODEL', 'VERSION'],
    usage: '[--wait] [options]',
    summary: 'deploys an approved version as the next champion',
    description: `Starts the model's deployment workflow: same lock, stages, analysis, truth check and ledger as after an approval.\n${EXIT_CODES}`,
    options: { again: { text: 'also when it is serving: with the serving configuration of now' }, ...START, ...ACCOUNT },
  },
  {
    name: 'rollback',
    positionals: ['MODEL'],
    usage: '[--to VERSION] [--wait] [options]',
    summary: 'puts an earlier version back',
    description: `Starts the model's deployment workflow for an earlier champion, all at once and without the stages that would hold it up. A deployment under way is ended first, at its next look; without --to the champion then goes on.\n${EXIT_CODES}`,
    options: { to: { value: 'VERSION', text: 'which version (default: the champion while another is being deployed, else the one before it)' }, ...START, ...ACCOUNT },
  },
  {
    name: 'freeze',
    positionals: ['MODEL'],
    usage: '--reason TEXT [options]',
    summary: 'stops all automatic deployment and retraining',
    description: 'Until it is released, nothing but a person deploys or retrains the model. A deployment that an approval or a change of configuration began is taken back at its next look.',
    options: { reason: { value: 'TEXT', text: 'why, for everybody who is stopped by it' }, ...ACCOUNT },
  },
  {
    name: 'unfreeze',
    positionals: ['MODEL'],
    usage: '[--reason TEXT] [options]',
    summary: 'releases a frozen model',
    description: 'Approvals and triggers work again, and new data that waited is trained on. What was skipped meanwhile is not made up for.',
    options: { reason: { value: 'TEXT', text: 'why (default: "released by hand")' }, ...ACCOUNT },
  },
  {
    name: 'backtest',
    positionals: [],
    usage: '--contract FILE --history PATH [options]',
    summary: 'which past windows would have paged or retrained, by threshold',
    description:
      'Replays files of the past (data capture, CSV, Parquet, JSON lines) through the monitor, its alarms and the retraining controller, so that thresholds are chosen before they are switched on. Settings are those of --model-file, else the defaults. The baseline stays the same throughout. Nothing is asked of an account.\nExit code 0 when the history was replayed, whatever it shows; 2 when it could not be.',
    options: {
      contract: { value: 'FILE', text: 'data contract of the model, YAML or JSON; tables need a column with role time' },
      history: { value: 'PATH', text: 'folder, or one file; files are read in the order of their names, which has to be that of time' },
      baseline: { value: 'FILE', text: 'baseline.json of a version, or a file of rows that it is made from' },
      'baseline-window': { value: 'START/END', text: 'makes it of that part of the history, and replays what comes after (default: the first 28 days)' },
      interval: { value: 'DURATION', text: 'of a window, 1h to 24h (default: the model file, else 1h)' },
      thresholds: { value: 'LIST', text: 'of the population stability index (default: half, once and twice the configured one)' },
      peers: { text: 'says also what the defaults of Evidently and of SageMaker Model Monitor make of each window' },
      'model-file': { value: 'FILE', text: 'takes monitoring and retraining from the model file' },
      json: { text: 'prints one JSON document' },
      html: { value: 'FILE', text: 'writes a page with the chart; the chart alone when the name ends in .svg' },
    },
  },
  {
    name: 'profile',
    positionals: ['FILE...'],
    usage: '[--output FILE] [options]',
    summary: 'what files of rows hold: CSV, Parquet, JSON lines or data capture',
    description: `Reads files of the same columns, also compressed with gzip, into one profile: per column rows, missing values, moments, quantiles and the most frequent categories, in bounded memory.\n${TYPES}`,
    options: { output: { value: 'FILE', text: 'writes the profile, which drift compares' }, ...FILES, json: { text: 'prints the profile as one JSON document' } },
  },
  {
    name: 'drift',
    positionals: ['BASELINE', 'CURRENT'],
    usage: '[--mode MODE] [options]',
    summary: 'whether the rows of one file differ from those of another',
    description: `Compares two of: files of rows, profiles, a model's baseline, imported baselines, Model Monitor's statistics.json; each with any other. Two files are compared value by value up to 256 MB each, else by their profiles. What one side says about a column's type holds for both.\n${TYPES}\nExit code 0 when nothing drifted, 1 when it did, 2 when the files cannot be compared, 3 when there are too few rows to say.`,
    options: {
      mode: { value: 'MODE', text: 'calibrated (default), evidently, sagemaker-simple or sagemaker-robust: what each says is in docs/drift.md' },
      ...FILES,
      json: { text: 'prints one JSON document' },
    },
  },
  {
    name: 'import-baseline',
    positionals: [],
    usage: '--statistics FILE [--constraints FILE] [options]',
    summary: 'takes over a baseline of SageMaker Model Monitor',
    description: 'Reads statistics.json and constraints.json, sketches included, into a baseline for drift, and says the constraints in the words of a data contract. Everything that is lost on the way is named.',
    options: {
      statistics: { value: 'FILE', text: 'statistics.json of a baselining job or of a monitoring execution' },
      constraints: { value: 'FILE', text: 'constraints.json beside it' },
      output: { value: 'FILE', text: 'writes the baseline' },
      json: { text: 'prints it as one JSON document' },
    },
  },
  {
    name: 'rehearse',
    positionals: [],
    usage: '(--app COMMAND | --assembly FOLDER) --scenario FILE [options]',
    summary: "runs a model's whole life on this machine, on simulated AWS",
    description:
      'Runs a scenario against the synthesized cloud assembly: the real state machines, handlers and containers on a simulated AWS with a virtual clock. Exit code 0 when every milestone was reached, 1 when one was not.',
    options: {
      app: { value: 'COMMAND', text: 'synthesizes, e.g. "npx tsx app.ts"; context is taken from cdk.json' },
      assembly: { value: 'FOLDER', text: 'cloud assembly that exists already, e.g. cdk.out' },
      scenario: { value: 'FILE', text: 'module whose default export is the scenario' },
      seed: { value: 'N', text: 'of all random numbers, 0 to 4294967295 (default 1)' },
      json: { value: 'FILE', text: 'writes the summary' },
      html: { value: 'FILE', text: 'writes the report, one page that needs no network' },
      record: { value: 'FILE', text: 'writes every AWS request, one JSON line each' },
      quiet: { text: 'prints problems and the result only' },
    },
  },
];
