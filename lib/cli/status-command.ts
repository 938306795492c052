import { duration } from '../rehearsal/report/scale';
import type { CommandArguments } from './arguments';
import type { CommandLineIo } from './main';
import { OperatedModel } from './operated-model';
import { mainVariant, type ModelStatus, readStatus } from './read-status';
import { hanging, json, minute, outcomeColour, palette, type Palette, WIDTH } from './text';

/** The labels' column. */
const LABEL = 11;

export async function statusCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const status = await readStatus(await OperatedModel.open(given, io));
  io.stdout.write(given.flags.has('json') ? json(status) : formatStatus(status, (io.now ?? Date.now)(), palette(io)));
  return 0;
}

export function formatStatus(status: ModelStatus, now: number, colours: Palette): string {
  const ago = (time: string): string => `${minute(time)} UTC (${duration(now - Date.parse(time))})`;
  const { champion, endpoint, truth, freeze, waiting, scaling } = status;
  const lines = [`${colours.strong(status.modelName)}  ${status.region}, account ${status.account}\n\n`];
  const line = (label: string, text: string, colour?: (text: string) => string): unknown => lines.push(hanging(label.padEnd(LABEL), text, colour));

  if (champion === null) line('Champion', 'none yet');
  else line('Champion', `version ${champion.version} since ${ago(champion.since)}`);
  if (endpoint === null) line('Endpoint', 'none');
  else {
    line('Endpoint', `${endpoint.status}, ${endpoint.endpointConfigName}`, endpoint.status === 'InService' ? undefined : colours.attention);
    if (endpoint.pendingConfigName !== null) line('', `changing to ${endpoint.pendingConfigName}`);
    if (endpoint.failureReason !== null) line('', endpoint.failureReason, colours.bad);
    if (endpoint.variants.length > 1) for (const variant of endpoint.variants) line('', `${variant.name}: ${variant.shadow ? 'shadow' : `${percent(variant.share)} of the requests`}${variant.capacity === null ? '' : `, ${plural(variant.capacity, 'instance')}`}`);
  }
  if (truth.agrees === true) line('Truth', `✓ ${truth.sentence}`, colours.good);
  else line('Truth', `${truth.agrees === false ? '✗' : '·'} ${truth.sentence}`, truth.agrees === false ? colours.bad : undefined);
  const capacity = capacityText(status);
  if (capacity !== undefined) line('Capacity', capacity, scaling?.suspended === true ? colours.attention : undefined);
  status.running.forEach(({ workflow, state, since, trigger, version }, index) => line(index === 0 ? 'Running' : '', `${workflow}${version === null ? '' : ` of version ${version}`}${trigger === null ? '' : ` (${trigger})`} in ${state ?? 'its first state'} since ${ago(since)}`));
  if (status.running.length === 0) line('Running', 'nothing');
  if (freeze === null) line('Freeze', 'none');
  else {
    line('Freeze', `❄ since ${ago(freeze.since)}: ${freeze.reason}`, colours.attention);
    line('', `by ${freeze.by}`);
  }
  if (waiting !== null) {
    const fate = waiting.deploymentOutcome === null ? 'approved and not deployed' : `approved; its deployment ended with ${waiting.deploymentOutcome}`;
    line('Waiting', `version ${waiting.version}, registered ${minute(waiting.registered)} UTC: ${fate}`, colours.attention);
  }
  status.alarms.forEach(({ name, since }, index) => line(index === 0 ? 'Alarms' : '', `${name} since ${ago(since)}`, colours.bad));
  if (status.alarms.length === 0) line('Alarms', 'none in ALARM');

  if (status.outcomes.length > 0) lines.push('\n', ...formatOutcomes(status.outcomes, colours));
  return lines.join('');
}

/** One line each; the first reason as far as it fits. */
function formatOutcomes(outcomes: ModelStatus['outcomes'], colours: Palette): string[] {
  const named = outcomes.map(({ outcome, times }) => (times > 1 ? `${outcome} ×${times}` : outcome));
  const width = Math.max(...named.map((name) => name.length));
  return outcomes.map(({ time, workflow, outcome, reasons }, index) => {
    const before = `${(index === 0 ? 'Outcomes' : '').padEnd(LABEL)}${minute(time)}  ${workflow.padEnd(10)}  `;
    const reason = cut(reasons[0] ?? '', WIDTH - before.length - width - 2);
    return `${before}${outcomeColour(colours, outcome)(named[index]!.padEnd(width))}  ${colours.faint(reason)}`.trimEnd() + '\n';
  });
}

function capacityText(status: ModelStatus): string | undefined {
  const variant = mainVariant(status);
  const { scaling } = status;
  if (variant === undefined) return undefined;
  const now = variant.capacity === null ? 'on demand' : plural(variant.capacity, variant.serverless ? 'provisioned instance' : 'instance');
  const going = variant.desired === null || variant.desired === variant.capacity ? '' : `, going to ${variant.desired}`;
  if (scaling === null) return `${now}${going}, not scaled`;
  return `${now}${going}; scaled between ${scaling.minimum} and ${scaling.maximum}${scaling.suspended ? ', suspended at the moment' : ''}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 100)} %`;
}

function cut(text: string, room: number): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > room ? `${line.slice(0, room - 1)}…` : line;
}
