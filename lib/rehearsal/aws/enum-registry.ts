import table from './enum-members.json';

const members = table as Record<string, Record<string, Record<string, string>>>;
const values = new Map<string, readonly string[]>();

/**
 * Values that a string member may have, or undefined when it is no enum.
 * Which member has which enum: enum-members.json, made from the SDK's type declarations by scripts/enum-members.ts.
 */
export function enumValues(service: string, sdk: Record<string, any>, structure: string, member: string): readonly string[] | undefined {
  const name = members[service]?.[structure]?.[member];
  if (name === undefined) return undefined;
  const key = `${service} ${name}`;
  let known = values.get(key);
  if (!known) values.set(key, (known = Object.values(sdk[name] as Record<string, string>)));
  return known;
}
