export interface TargetInput {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: Record<string, string>; readonly InputTemplate: string };
}

/** What a target gets of an event (EventBridge User Guide, "Amazon EventBridge input transformation"). @returns JSON text */
export function targetInput(target: TargetInput, event: Record<string, unknown>, rule: { arn: string; name: string }): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(event, target.InputPath) ?? {});
  const transformer = target.InputTransformer;
  if (!transformer) return JSON.stringify(event);
  const variables: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': event.time,
    'aws.events.event': Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'detail')),
    'aws.events.event.json': event,
  };
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) variables[name] = valueAt(event, path);
  return fill(transformer.InputTemplate, variables);
}

/** Within quotes a variable is its bare text, elsewhere it is JSON; a variable without a value is empty text. */
function fill(template: string, variables: Record<string, unknown>): string {
  let quoted = false;
  const filled = template.replace(/\\.|"|<([\w.-]+)>/g, (token, name: string | undefined) => {
    if (token === '"') quoted = !quoted;
    if (name === undefined || !(name in variables)) return token;
    const value = variables[name];
    if (!quoted) return value === undefined ? '""' : JSON.stringify(value);
    return value === undefined ? '' : typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(JSON.stringify(value)).slice(1, -1);
  });
  try {
    JSON.parse(filled);
    return filled;
  } catch {
    // A template that is no JSON is text, which reaches the target as a JSON string.
    return JSON.stringify(filled);
  }
}

/** JSONPath as far as EventBridge takes it: dots and array indexes. */
export function valueAt(event: unknown, path: string): unknown {
  if (!path.startsWith('$')) throw new Error(`${path} is no JSON path`);
  const steps = path.slice(1).match(/[^.[\]"']+/g) ?? [];
  return steps.reduce<unknown>((value, step) => (value === null || typeof value !== 'object' ? undefined : (value as Record<string, unknown>)[step]), event);
}
