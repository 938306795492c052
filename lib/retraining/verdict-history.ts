import { type ControllerState, type DriftEvent, type DriftKind, type DriftTriggerPolicy, type WindowRecord } from './retraining.contract';

/** What the state keeps of each kind; more than any policy looks at. */
const WINDOWS_KEPT = 64;

export interface Champion {
  readonly version: number;
  readonly since: string;
}

export interface DriftLevel {
  readonly drifted: number;
  readonly judged: number;
  readonly needed: number;
  readonly of: number;
}

export function kindOf({ kind }: { readonly kind?: DriftKind }): DriftKind {
  return kind ?? 'data';
}

/** A window that was judged again, with late data, has the same id and a revision: `20010205T100000Z#1`. */
export function revisionOf({ eventId }: Pick<DriftEvent, 'eventId'>): number {
  return Number(/#(\d+)$/.exec(eventId)?.[1] ?? 0);
}

/** A later revision of the window is known already: events may overtake each other. */
export function isOutdated(event: DriftEvent, { windows }: ControllerState): boolean {
  const known = windows.find((record) => isSameWindow(record, event));
  return known !== undefined && (known.revision ?? 0) > revisionOf(event);
}

/**
 * Remembers a judged window, in the place of its earlier revision. A revision without verdict stays as such, so that an earlier one that
 * comes late does not bring back what it said.
 */
export function remember(event: DriftEvent, state: ControllerState): ControllerState {
  if (event.version === null || isOutdated(event, state)) return state;
  const drifted = event.outcome === 'DRIFTED' ? true : event.outcome === 'STABLE' ? false : null;
  const revision = revisionOf(event);
  if (drifted === null && revision === 0) return state;
  const record: WindowRecord = {
    id: event.window.id,
    end: event.window.end,
    version: event.version,
    drifted,
    ...(event.kind === 'concept' ? { kind: event.kind } : {}),
    ...(revision > 0 ? { revision } : {}),
  };
  const others = state.windows.filter((known) => !isSameWindow(known, event));
  const sorted = [...others, record].sort((a, b) => (a.end < b.end ? -1 : a.end > b.end ? 1 : 0));
  const kept = (kind: DriftKind): WindowRecord[] => sorted.filter((window) => kindOf(window) === kind).slice(-WINDOWS_KEPT);
  return { ...state, windows: [...kept('data'), ...kept('concept')] };
}

function isSameWindow(record: WindowRecord, event: DriftEvent): boolean {
  return record.id === event.window.id && kindOf(record) === kindOf(event);
}

/** How many of the last judged windows of the champion drifted. */
export function driftLevel(kind: DriftKind, state: ControllerState, champion: Champion | undefined, policy: DriftTriggerPolicy): DriftLevel {
  const [needed, of] = limits(kind, policy);
  const judged = countedWindows(kind, state, champion).slice(-of);
  return { drifted: judged.filter(({ drifted }) => drifted).length, judged: judged.length, needed, of };
}

/** Every kind of drift that started a retraining was absent, since the last of them, from a whole run of the champion's windows. */
export function isCured(state: ControllerState, champion: Champion | undefined, policy: DriftTriggerPolicy): boolean {
  const last = [...state.starts].reverse().find(({ trigger }) => trigger === 'drift');
  const since = last ? Date.parse(last.time) : -Infinity;
  return (state.uncuredKinds ?? ['data']).every((kind) => {
    const [, of] = limits(kind, policy);
    const after = countedWindows(kind, state, champion).filter(({ end }) => Date.parse(end) > since).slice(-of);
    return after.length === of && after.every(({ drifted }) => drifted === false);
  });
}

function limits(kind: DriftKind, policy: DriftTriggerPolicy): [needed: number, of: number] {
  return kind === 'data' ? [policy.windows, policy.of] : [policy.conceptWindows, policy.conceptOf];
}

/** Windows that say something about the champion: of its version, ended after it became champion. */
function countedWindows(kind: DriftKind, state: ControllerState, champion: Champion | undefined): readonly WindowRecord[] {
  if (!champion) return [];
  return state.windows.filter(
    (window) => kindOf(window) === kind && window.drifted !== null && window.version === champion.version && Date.parse(window.end) > Date.parse(champion.since),
  );
}
