import type { Template, TemplateResource } from './cloud-assembly';

/** Logical ids that a value refers to by Ref, Fn::GetAtt and Fn::Sub. */
export function referencesOf(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) {
    for (const item of value) referencesOf(item, found);
  } else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'Ref' && typeof inner === 'string') found.add(inner);
      else if (key === 'Fn::GetAtt') found.add(Array.isArray(inner) ? String(inner[0]) : String(inner).split('.')[0]!);
      else if (key === 'Fn::Sub') {
        const [text, variables] = Array.isArray(inner) ? (inner as [string, Record<string, unknown>]) : [String(inner), {}];
        for (const match of text.matchAll(/\$\{([^!}][^}]*)\}/g)) {
          const name = match[1]!.split('.')[0]!;
          if (!(match[1]! in variables)) found.add(name);
        }
        referencesOf(variables, found);
      } else referencesOf(inner, found);
    }
  }
  return found;
}

/** Resources in an order in which each comes after all that it refers to or depends on. @throws Error naming a circle */
export function creationOrder(template: Template): string[] {
  const resources = template.Resources;
  const ordered: string[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    if (state.get(logicalId) === 'done') return;
    if (state.get(logicalId) === 'visiting') throw new Error(`circular dependency: ${[...path, logicalId].join(' → ')}`);
    state.set(logicalId, 'visiting');
    for (const dependency of dependenciesOf(resources[logicalId]!)) if (dependency in resources) visit(dependency, [...path, logicalId]);
    state.set(logicalId, 'done');
    ordered.push(logicalId);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId, []);
  return ordered;
}

/** Logical ids that a resource refers to or depends on. */
export function dependenciesOf(resource: TemplateResource): string[] {
  const explicit = resource.DependsOn === undefined ? [] : Array.isArray(resource.DependsOn) ? resource.DependsOn : [resource.DependsOn];
  return [...explicit, ...referencesOf(resource.Properties)];
}
