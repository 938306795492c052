/** A key that an object of a valid JSON text has twice, or undefined. */
export function repeatedKey(json: string): string | undefined {
  /** Keys of the objects that are open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let p = 0;
  for (;;) {
    const quote = json.indexOf('"', p);
    // Behind the last text there are no keys.
    if (quote < 0) return undefined;
    for (; p < quote; p++) {
      const character = json[p];
      if (character === '{') open.push(new Set());
      else if (character === '[') open.push(undefined);
      else if (character === '}' || character === ']') open.pop();
    }
    const end = closingQuote(json, quote);
    p = end + 1;
    if (!isKey(json, p)) continue;
    const raw = json.slice(quote, p);
    const key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    const keys = open[open.length - 1]!;
    if (keys.has(key)) return key;
    keys.add(key);
  }
}

function closingQuote(json: string, quote: number): number {
  for (let end = json.indexOf('"', quote + 1); ; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}

/** A text is a key when a colon follows it. */
function isKey(json: string, from: number): boolean {
  let p = from;
  while (json[p] === ' ' || json[p] === '\t' || json[p] === '\n' || json[p] === '\r') p += 1;
  return json[p] === ':';
}
