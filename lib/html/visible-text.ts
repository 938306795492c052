/** Control characters, what turns the direction of text, and halves of characters: a value from data must not change how the page around it reads. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A value from data as it can be shown: at most `maximum` characters, each of them visible. Escaping is `html`'s. */
export function visibleText(value: string, maximum: number): string {
  // Cut first: a value may have megabytes. A character takes at most two units.
  const characters = Array.from(value.slice(0, 2 * maximum + 2).replace(INVISIBLE, '\ufffd'));
  return characters.length > maximum ? `${characters.slice(0, maximum - 1).join('')}…` : characters.join('');
}
