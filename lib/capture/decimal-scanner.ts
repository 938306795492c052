const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
/** What may follow a number in CSV that lies in a JSON text: a comma, the text's end, an escaped line end. */
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The same as distances from the digit 0, as digits are compared. */
const POINT_DIGIT = 0x2e - ZERO;
const LOWER_E_DIGIT = 0x65 - ZERO;
const UPPER_E_DIGIT = 0x45 - ZERO;
/** Digits whose number fits into 31 bits. */
const WORD_DIGITS = 9;
/** Digits whose number is an exact double. */
const EXACT_DIGITS = 15;
/** The greatest power of ten that is an exact double. */
const EXACT_POWER = 22;

const POWERS = Float64Array.from({ length: EXACT_POWER + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** Veltkamp's constant: splits 53 bits into two halves whose products are exact. */
const SPLITTER = 134217729;
const POWERS_HIGH = POWERS.map((power) => power * SPLITTER - (power * SPLITTER - power));
const POWERS_LOW = POWERS.map((power, exponent) => power - POWERS_HIGH[exponent]!);

/**
 * Reads the number at `bytes[from]`, writes the very double that `Number()` gives to `values[index]`, and returns the position behind it.
 * Returns -1 for what is no number, is followed by anything else than a field may be, or is rare enough to be left to `Number()`: more than
 * 18 digits, far exponents, ties. Some byte that is no digit must follow in `bytes`.
 */
export function scanDecimal(bytes: Uint8Array, from: number, values: Float64Array, index: number): number {
  let p = from;
  // A factor: the sign of a zero counts.
  let sign = 1;
  if (bytes[p] === MINUS) {
    sign = -1;
    p += 1;
  }
  let digit = bytes[p]! - ZERO;
  if (digit < 0 || digit > 9) return -1;
  while (digit === 0) digit = bytes[++p]! - ZERO;
  // The significant digits in two words: nine digits are the most that 31 bits hold.
  let head = 0;
  let tail = 0;
  let tailDigits = 0;
  let scale = 0;
  let start = p;
  let stop = p + WORD_DIGITS;
  while (digit >= 0 && digit <= 9 && p < stop) {
    head = (head * 10 + digit) | 0;
    digit = bytes[++p]! - ZERO;
  }
  let headDigits = p - start;
  if (digit >= 0 && digit <= 9) {
    start = p;
    stop = p + WORD_DIGITS;
    while (digit >= 0 && digit <= 9 && p < stop) {
      tail = (tail * 10 + digit) | 0;
      digit = bytes[++p]! - ZERO;
    }
    tailDigits = p - start;
  }
  if (digit === POINT_DIGIT) {
    const point = ++p;
    digit = bytes[p]! - ZERO;
    if (headDigits === 0) while (digit === 0) digit = bytes[++p]! - ZERO;
    if (tailDigits === 0) {
      start = p;
      stop = p + WORD_DIGITS - headDigits;
      while (digit >= 0 && digit <= 9 && p < stop) {
        head = (head * 10 + digit) | 0;
        digit = bytes[++p]! - ZERO;
      }
      headDigits += p - start;
    }
    start = p;
    stop = p + WORD_DIGITS - tailDigits;
    while (digit >= 0 && digit <= 9 && p < stop) {
      tail = (tail * 10 + digit) | 0;
      digit = bytes[++p]! - ZERO;
    }
    tailDigits += p - start;
    scale = p - point;
  }
  if (digit >= 0 && digit <= 9) return -1;
  if (digit === LOWER_E_DIGIT || digit === UPPER_E_DIGIT) {
    const exponentSign = bytes[++p]!;
    if (exponentSign === MINUS || exponentSign === PLUS) p += 1;
    digit = bytes[p]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    let exponent = digit;
    digit = bytes[++p]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      exponent = exponent * 10 + digit;
      p += 1;
    }
    if (exponentSign === MINUS) scale += exponent;
    else scale -= exponent;
  }
  const end = bytes[p]!;
  if (end !== COMMA && end !== QUOTE && end !== BACKSLASH) return -1;
  if (headDigits + tailDigits <= EXACT_DIGITS) {
    if (scale > EXACT_POWER || scale < -EXACT_POWER) return -1;
    // One operation on exact numbers is rounded once, as it should be (Clinger 1990).
    const whole = tailDigits === 0 ? head : head * POWERS[tailDigits]! + tail;
    const value = scale === 0 ? whole : scale > 0 ? whole / POWERS[scale]! : whole * POWERS[0 - scale]!;
    values[index] = sign * value;
    return p;
  }
  if (scale < 0 || scale > EXACT_POWER) return -1;
  // The first part is below 2^30, and 5^9 below 2^21: with up to 18 digits it is still an exact double.
  const high = head * POWERS[tailDigits]!;
  const sum = high + tail;
  const lost = tail - (sum - high);
  // (sum + lost) / 10^scale: the quotient is followed by what it lacks, from the remainder, which is a double (Dekker 1971).
  const power = POWERS[scale]!;
  const first = sum / power;
  const product = first * power;
  const scaled = first * SPLITTER;
  const firstHigh = scaled - (scaled - first);
  const firstLow = first - firstHigh;
  const powerHigh = POWERS_HIGH[scale]!;
  const powerLow = POWERS_LOW[scale]!;
  const error = firstHigh * powerHigh - product + firstHigh * powerLow + firstLow * powerHigh + firstLow * powerLow;
  const second = (sum - product - error + lost) / power;
  // `second` has a relative error of at most 2^-52. Rounding is right when it is the same a little below and above.
  const margin = Math.abs(second) * 2 ** -50;
  const value = first + (second - margin);
  if (value !== first + (second + margin)) return -1;
  values[index] = sign * value;
  return p;
}
