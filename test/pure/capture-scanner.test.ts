import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnProfileBuilder } from '../../lib/drift';
import { readCaptureFile } from '../../lib/capture/capture-reader';
import { summarize } from '../../lib/capture/capture-summary';
import { scanDecimal } from '../../lib/capture/decimal-scanner';
import { SummaryBuilder } from '../../lib/capture/summary-builder';
import { BASELINE, captured, FEATURES, line, number, profiled, WINDOW } from './capture-lines';

const cuts = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 20 });
const same = (bytes: Uint8Array, chunks: readonly number[], options: object = {}): void => expect(profiled(bytes, options, chunks)).toBe(profiled(bytes, { ...options, scan: false }));
const scans = (text: string): boolean => new SummaryBuilder(1, BASELINE, FEATURES).scanner().scan(Buffer.from(`${text}\n`), 0);
const usual = { input: '1,a,2.5,12\n3,b,-4.25e-3,1\n', output: '0.5\n0.25\n', eventId: 'e', time: '2001-02-05T10:30:00Z' };

describe('the scanner of captured lines', () => {
  it.each([
    ['the usual line', captured(usual)],
    ['an inference id', captured({ ...usual, inferenceId: 'c7f0' })],
    ['predictions on one line', captured({ ...usual, output: '0.5,0.25' })],
    ['missing values and texts', captured({ ...usual, input: ',c,far,\n' })],
    ['another number of predictions', captured({ ...usual, output: '0.5' })],
  ])('understands %s', (_, text) => {
    expect(scans(text)).toBe(true);
  });

  it.each([
    ['other columns', captured({ ...usual, input: '1,a\n' })],
    ['a header', captured({ ...usual, input: 'distance,origin,delay,month\n1,a,2,12\n' })],
    ['quotes', captured({ ...usual, input: '1,"a",2,12' })],
    ['another alphabet', captured({ ...usual, input: '1,München,2,12' })],
    ['another order of the keys', JSON.stringify({ eventVersion: '0', ...(JSON.parse(captured(usual)) as object) })],
    ['another encoding', captured(usual).replace('"encoding":"CSV"', '"encoding":"JSON"')],
    ['a key too many', captured(usual).replace('"eventVersion"', '"x":1,"eventVersion"')],
    ['a key twice', captured({ ...usual, inferenceId: 'c7f0","inferenceId":"c7f1' })],
    ['blanks', ` ${captured(usual)}`],
    ['a carriage return', `${captured(usual)}\r`],
    ['half a second', captured({ ...usual, time: '2001-02-05T10:30:00.500Z' })],
    ['an hour that does not exist', captured({ ...usual, time: '2001-02-05T24:30:00Z' })],
  ])('leaves %s to JSON.parse', (_, text) => {
    expect(scans(text)).toBe(false);
  });

  it('gives what JSON.parse gives, byte by byte, for lines of every kind in chunks of every length', () => {
    let understood = 0;
    let lines = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\n\n'), fc.boolean(), cuts, (file, end, ended, chunks) => {
        lines += file.length;
        understood += file.filter(scans).length;
        same(Buffer.from(file.join(end) + (ended ? end : '')), chunks, { folderHour: WINDOW.start });
      }),
      { numRuns: 400, seed: 4 },
    );
    // Otherwise this would compare JSON.parse with itself.
    expect(understood / lines).toBeGreaterThan(0.2);
    expect(understood / lines).toBeLessThan(0.9);
  });

  it('gives what the reader of whole files gives', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (file) => {
        const read = readCaptureFile(file.join('\n'), { features: FEATURES.map(({ name }) => name), ...WINDOW });
        const expected = summarize(3, read, BASELINE, FEATURES);
        const { rowExamples: _, ...summary } = JSON.parse(profiled(Buffer.from(`${file.join('\n')}\n`)).split(' ').slice(0, -1).join(' '));
        const { rowExamples: __, ...others } = JSON.parse(JSON.stringify(expected));
        expect(summary).toEqual(others);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('gives what JSON.parse gives for damaged lines', () => {
    const damage = fc.tuple(fc.constantFrom('change', 'insert', 'remove', 'cut', 'double'), fc.nat(2000), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\\n,{}:\n\r\0 019.-eE+x'))));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), fc.array(damage, { minLength: 1, maxLength: 4 }), cuts, (file, damages, chunks) => {
        let bytes = [...Buffer.from(`${file.join('\n')}\n`)];
        for (const [kind, at, byte] of damages) {
          const p = at % (bytes.length + 1);
          if (kind === 'change') bytes[p] = byte;
          else if (kind === 'insert') bytes.splice(p, 0, byte);
          else if (kind === 'remove') bytes.splice(p, 1 + (byte % 3));
          else if (kind === 'cut') bytes = bytes.slice(0, p);
          else bytes.splice(p, 0, ...bytes.slice(p, p + byte));
        }
        same(Uint8Array.from(bytes), chunks);
      }),
      { numRuns: 600, seed: 6 },
    );
  });

  it('takes every byte of a line for what it is', () => {
    const bytes = Buffer.from(`${captured({ ...usual, inferenceId: 'i' })}\n${captured({ ...usual, eventId: 'f' })}\n`);
    const end = bytes.indexOf(0x0a) + 1;
    for (let p = 0; p < end; p++) {
      for (const byte of [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x31, 0x5c, 0x6e, 0x7d, 0x7f, 0xc3]) {
        const changed = Buffer.from(bytes);
        changed[p] = byte;
        same(changed, []);
      }
      same(bytes.subarray(0, p), []);
      same(bytes.subarray(p), [1]);
    }
  });
});

describe('numbers of a column at once', () => {
  it('are profiled as one after another, byte by byte', () => {
    const values = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ min: -5, max: 65, noNaN: true }), fc.constantFrom(0, -0, 1e300, 5e-324, -1e140));
    fc.assert(
      fc.property(fc.array(values, { maxLength: 60 }), fc.nat(60), fc.constantFrom(0, 2), (numbers, from, column) => {
        const [one, all] = [0, 1].map(() => new ColumnProfileBuilder(BASELINE.columns[column]!.bins));
        for (const value of numbers.slice(from)) one!.addNumber(value);
        all!.addNumbers(Float64Array.from(numbers), Math.min(from, numbers.length), numbers.length);
        expect(JSON.stringify(all!.build())).toBe(JSON.stringify(one!.build()));
      }),
    );
  });
});

describe('numbers read from bytes', () => {
  const double = new Float64Array(2);
  const bits = new BigUint64Array(double.buffer);
  /** Whether the scanner took the number; when it did, the double must be the one of Number(). */
  const agrees = (text: string): boolean => {
    const end = scanDecimal(Buffer.from(`${text},`), 0, double, 1);
    if (end < 0) return false;
    double[0] = Number(text);
    if (end !== text.length || bits[0] !== bits[1]) throw new Error(`${text} is ${double[0]}, read as ${double[1]}`);
    return true;
  };

  it.each(['0', '-0', '7', '007', '5.', '0.1', '123456789', '1234567890', '2147483648', '999999999999999', '1700000000000', '0.0254181120544672', '153.71234567890123', '1e5', '2.5417e-05', '9007199254740992'])('reads %s', (text) => {
    expect(agrees(text)).toBe(true);
  });

  it.each(['', '-', '+5', '.5', '1e', '1e+', '0x10', '1 ', 'NaN', 'Infinity', '1.2.3', '1e400', '9007199254740993', '1234567890123456789', '--1'])('leaves %s to Number()', (text) => {
    expect(scanDecimal(Buffer.from(`${text}"`), 0, double, 1)).toBe(-1);
  });

  it('are the doubles that Number() gives, bit by bit', () => {
    fc.assert(fc.property(number, (text) => void agrees(text)), { numRuns: 20_000, seed: 7 });
    const { taken, total } = compare(NUMBERS, agrees);
    expect(taken / total).toBeGreaterThan(0.6);
  });
});

/** CAPTURE_NUMBERS=2000000 for the long run. */
const NUMBERS = Number(process.env['CAPTURE_NUMBERS'] ?? 100_000);

/** Literals of every length and kind, also such as lie half-way between two doubles. */
function compare(count: number, agrees: (text: string) => boolean): { taken: number; total: number } {
  let state = 4;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(random() * below);
  const digits = (length: number): string => Array.from({ length }, () => whole(10)).join('');
  const sign = (): string => (random() < 0.3 ? '-' : '');
  const bits = new BigUint64Array(1);
  const kinds: (() => string)[] = [
    () => String(whole(1e6) - 500_000),
    () => ((random() - 0.5) * 1000).toFixed(whole(9)),
    () => String((random() - 0.5) * 10 ** (whole(12) - 6)),
    () => String(random() + random() * 2 ** -32),
    () => sign() + digits(1 + whole(20)),
    () => `${sign()}${digits(1 + whole(12))}.${digits(whole(20))}`,
    () => `${sign()}${digits(1 + whole(4))}.${digits(whole(10))}${'eE'[whole(2)]}${['', '+', '-'][whole(3)]}${digits(1 + whole(2))}`,
    () => {
      bits[0] = (BigInt(whole(2 ** 32)) << 32n) | BigInt(whole(2 ** 32));
      const value = new Float64Array(bits.buffer)[0]!;
      return Number.isFinite(value) ? String(value) : '0';
    },
    () => {
      const tie = (BigInt(2 ** 52 + whole(2 ** 52)) * 2n + 1n).toString();
      const point = whole(tie.length);
      return point === 0 ? tie : `${tie.slice(0, point)}.${tie.slice(point)}`;
    },
    // Decimals of 17 digits around the middle of two doubles.
    () => {
      const value = random() * 1000;
      return (value + value * 2 ** -53).toPrecision(17);
    },
  ];
  let taken = 0;
  for (let i = 0; i < count; i++) if (agrees(kinds[i % kinds.length]!())) taken += 1;
  return { taken, total: count };
}
