import { type Shape, type Structure } from './shape';
import { closest } from './closest';
import { enumValues } from './enum-registry';
import type { ServiceModel } from './service-model';

/** Where an input or output breaks its schema. */
export interface SchemaProblem {
  /** `PrimaryContainer.Environment['A']` */
  readonly path: string;
  readonly message: string;
}

/** Unknown and missing members, wrong types, values outside of enums; all of them. */
export function checkShape(structure: Structure, value: unknown, service: ServiceModel): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  new Checker(problems, service).structure(structure, value, '');
  return problems;
}

class Checker {
  public constructor(
    private readonly problems: SchemaProblem[],
    private readonly service: ServiceModel,
  ) {}

  public structure(shape: Structure, value: unknown, path: string): void {
    if (!isPlain(value)) return this.wrongType(path, 'a structure', value);
    let set = 0;
    for (const name of Object.keys(value)) {
      // The SDK leaves out what is null or undefined.
      const member = value[name];
      if (member === undefined || member === null) continue;
      set++;
      const at = path === '' ? name : `${path}.${name}`;
      const memberShape = shape.members.get(name);
      if (memberShape) {
        this.value(memberShape, member, at);
        this.enumeration(shape, name, memberShape, member, at);
      } else this.unknown(shape, name, at);
    }
    for (const name of shape.required) {
      if (value[name] === undefined || value[name] === null) {
        const at = path === '' ? name : `${path}.${name}`;
        this.problems.push({ path: at, message: `Missing required member ${at} of ${shape.name}` });
      }
    }
    if (shape.union && set !== 1) this.problems.push({ path, message: `${path} is a union and needs exactly one member, but ${set} are set` });
  }

  private value(shape: Shape, value: unknown, path: string): void {
    switch (shape.kind) {
      case 'structure':
        // Event streams are outside of the simulation.
        if (shape.traits.streaming === undefined) this.structure(shape, value, path);
        return;
      case 'list':
        if (!Array.isArray(value)) return this.wrongType(path, 'a list', value);
        value.forEach((item, i) => {
          if (item !== null && item !== undefined) this.value(shape.of, item, `${path}[${i}]`);
          else if (shape.traits.sparse === undefined) this.wrongType(`${path}[${i}]`, 'a value', item);
        });
        return;
      case 'map':
        if (!isPlain(value)) return this.wrongType(path, 'a map', value);
        for (const [key, item] of Object.entries(value)) {
          if (item !== undefined && item !== null) this.value(shape.of, item, `${path}['${key}']`);
        }
        return;
      case 'string':
        if (typeof value !== 'string') this.wrongType(path, 'a string', value);
        return;
      case 'boolean':
        if (typeof value !== 'boolean') this.wrongType(path, 'a boolean', value);
        return;
      case 'number':
        if (typeof value !== 'number') this.wrongType(path, 'a number', value);
        return;
      case 'bigint':
        if (typeof value !== 'bigint' && typeof value !== 'number') this.wrongType(path, 'a bigint', value);
        return;
      case 'timestamp':
        if (!(value instanceof Date)) this.wrongType(path, 'a Date', value);
        else if (Number.isNaN(value.getTime())) this.problems.push({ path, message: `${path} is an invalid Date` });
        return;
      case 'blob':
        if (!isBytes(value, shape.streaming)) this.wrongType(path, 'bytes', value);
        return;
      case 'decimal':
      case 'document':
        return;
    }
  }

  private enumeration(parent: Structure, name: string, shape: Shape, value: unknown, path: string): void {
    if (shape.kind === 'list' && shape.of.kind === 'string' && Array.isArray(value)) {
      value.forEach((item, i) => this.enumeration(parent, name, shape.of, item, `${path}[${i}]`));
    } else if (shape.kind === 'string' && typeof value === 'string') {
      const allowed = enumValues(this.service.id, this.service.sdk, parent.name, name);
      if (allowed && !allowed.includes(value)) this.wrongEnum(path, value, allowed);
    }
  }

  private unknown(shape: Structure, name: string, path: string): void {
    const near = closest(name, [...shape.members.keys()]);
    this.problems.push({ path, message: `Unknown member ${path} in ${shape.name}${near === undefined ? '' : `; did you mean ${near}?`}` });
  }

  private wrongEnum(path: string, value: string, allowed: readonly string[]): void {
    const near = closest(value, allowed);
    const rule = near === undefined ? `one of [${allowed.join(', ')}]` : `a value of its enum; did you mean ${near}?`;
    this.problems.push({ path, message: `Value '${value}' at ${path} must be ${rule}` });
  }

  private wrongType(path: string, wanted: string, value: unknown): void {
    this.problems.push({ path, message: `${path === '' ? 'The input' : path} must be ${wanted}, but is ${nameOf(value)}` });
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !ArrayBuffer.isView(value);
}

/** The SDK takes text for any blob; streams only where the schema streams. */
function isBytes(value: unknown, streaming: boolean): boolean {
  if (typeof value === 'string' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return streaming && typeof value === 'object' && value !== null && ('pipe' in value || 'getReader' in value || 'arrayBuffer' in value);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a Date';
  if (ArrayBuffer.isView(value)) return 'bytes';
  return typeof value === 'object' ? 'a structure' : `the ${typeof value} ${JSON.stringify(value)}`;
}

