/**
 * The SDK's schemas do not say which string members are enums; its type declarations do. This writes
 * lib/rehearsal/aws/enum-members.json: service → structure → member → name of the enum, for what operation inputs reach.
 * The values are the SDK's own exported objects, read at run time. Run it after an update of an SDK package:
 *   npx tsx scripts/enum-members.ts
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { serviceIds, serviceModel } from '../lib/rehearsal/aws/sdk-registry';
import type { Shape } from '../lib/rehearsal/aws/shape';

const root = resolve(__dirname, '..');

function reachable(id: string): Set<string> {
  const names = new Set<string>();
  const visit = (shape: Shape): void => {
    if (shape.kind === 'list' || shape.kind === 'map') return visit(shape.of);
    if (shape.kind !== 'structure' || names.has(shape.name)) return;
    names.add(shape.name);
    for (const [, member] of shape.members) visit(member);
  };
  for (const operation of serviceModel(id)!.operations.values()) visit(operation.input);
  return names;
}

function members(id: string): Record<string, Record<string, string>> {
  const folder = join(root, 'node_modules', '@aws-sdk', `client-${id}`, 'dist-types', 'models');
  const sdk = serviceModel(id)!.sdk;
  const wanted = reachable(id);
  const found: Record<string, Record<string, string>> = {};
  const files = readdirSync(folder).filter((name) => /^models_\d+\.d\.ts$/.test(name));
  for (const file of files.sort()) {
    const text = readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    for (const [, structure, body] of text.matchAll(/export interface (\w+) \{([\s\S]*?)\n\}/g)) {
      if (!wanted.has(structure!)) continue;
      for (const [, member, type] of body!.matchAll(/\n {4}(\w+)\??: (?:\()?(\w+)\)?(?:\[\])? \| undefined;/g)) {
        const values: unknown = sdk[type!];
        if (typeof values !== 'object' || values === null || Array.isArray(values) || !isEnum(values)) continue;
        (found[structure!] ??= {})[member!] = type!;
      }
    }
  }
  return found;
}

function isEnum(values: object): boolean {
  return Object.values(values).length > 0 && Object.values(values).every((value) => typeof value === 'string');
}

export function enumMembers(): string {
  return `${JSON.stringify(Object.fromEntries(serviceIds.map((id) => [id, members(id)])))}\n`;
}

if (require.main === module) {
  const file = join(root, 'lib', 'rehearsal', 'aws', 'enum-members.json');
  const text = enumMembers();
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
