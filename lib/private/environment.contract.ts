/** Reads the environment of a handler once; a missing variable fails with its name. */
export function requireEnvironment<K extends string>(environment: Record<string, string | undefined>, names: readonly K[]): Record<K, string> {
  const missing = names.filter((name) => environment[name] === undefined || environment[name] === '');
  if (missing.length > 0) throw new Error(`environment variable ${missing.join(', ')} is not set`);
  return Object.fromEntries(names.map((name) => [name, environment[name]])) as Record<K, string>;
}
