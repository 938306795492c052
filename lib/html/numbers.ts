/** Round upper end of a value axis: 1, 2, 2.5 or 5 times a power of ten. */
export function niceMaximum(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value * 0.999) ?? 10);
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** At most three significant digits, thousands separated: `12,400`, `0.213`. */
export function short(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
