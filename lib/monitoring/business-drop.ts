import { type BusinessDropSettings } from './monitoring-choices.contract';

/** A business metric of a window beside its own past. */
export interface BusinessVerdict {
  readonly name: string;
  /** Null: no data in the window, or then. */
  readonly value: number | null;
  readonly before: number | null;
  /** In per cent of what it was; 0 when it is no lower, null when there is nothing to compare. */
  readonly drop: number | null;
  /** Sentences for a person. */
  readonly reasons: readonly string[];
}

/** A drop from nothing, or from less than nothing, has no percentage. */
export function businessDrop({ name, percent, againstSeconds }: BusinessDropSettings, value: number | null, before: number | null): BusinessVerdict {
  const drop = value === null || before === null || before <= 0 ? null : Math.max(0, ((before - value) / before) * 100);
  const hours = againstSeconds / 3600;
  const past = hours % 24 === 0 ? `${hours / 24} ${hours === 24 ? 'day' : 'days'}` : `${hours} ${hours === 1 ? 'hour' : 'hours'}`;
  const reasons = drop !== null && drop >= percent ? [`The business metric ${name} was ${value}, ${drop.toFixed(0)} % less than ${past} before.`] : [];
  return { name, value, before, drop, reasons };
}
