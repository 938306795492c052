/** Customers of a small telephone company that does not exist; the same number is always the same customer. */
export interface Customer {
  readonly tenureMonths: number;
  readonly monthlyFee: number;
  readonly supportCalls: number;
  readonly churned: 0 | 1;
}

export function customer(number: number): Customer {
  const tenureMonths = Math.floor(60 * fraction(number, 1));
  const monthlyFee = Math.round(2000 + 6000 * fraction(number, 2)) / 100;
  const supportCalls = Math.floor(6 * fraction(number, 3) ** 2);
  const logit = 1 - 0.08 * tenureMonths + 0.03 * (monthlyFee - 50) + 0.7 * supportCalls;
  return { tenureMonths, monthlyFee, supportCalls, churned: fraction(number, 4) < 1 / (1 + Math.exp(-logit)) ? 1 : 0 };
}

/** The features in contract order, as a request has them. */
export function requestLine({ tenureMonths, monthlyFee, supportCalls }: Customer): string {
  return `${tenureMonths},${monthlyFee.toFixed(2)},${supportCalls}`;
}

/** One raw file: a header, and `rows` customers of that day (ISO date). */
export function customersOf(day: string, rows: number): string {
  const first = (Date.parse(day) / 86_400_000) * rows;
  const lines = Array.from({ length: rows }, (_, i) => {
    const { churned, ...features } = customer(first + i);
    return `c${first + i},${day}T23:59:59Z,${requestLine({ ...features, churned })},${churned}`;
  });
  return `customer,month_end,tenure_months,monthly_fee,support_calls,churned\n${lines.join('\n')}\n`;
}

/** Uniform in [0, 1): a hash of number and property, so that no customer depends on another. */
function fraction(number: number, property: number): number {
  let hash = Math.imul(number ^ Math.imul(property, 0x9e3779b1), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}
