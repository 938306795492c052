import Ajv, { type ErrorObject } from 'ajv';
import type { SchemaBreach } from '../private/bundled';

/** Every breach at once. */
export function checkSchema(schema: object, value: unknown): SchemaBreach[] {
  const validate = new Ajv({ allErrors: true, verbose: true, strict: false }).compile(schema);
  if (validate(value)) return [];
  return validate.errors!.map((error) => breach(error));
}

function breach(error: ErrorObject): SchemaBreach {
  const steps = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const parent = error.parentSchema as { properties?: object; description?: string } | undefined;
  const keys = Object.keys(parent?.properties ?? {}).filter((key) => key !== '$schema');
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      return { steps: [...steps, key], value: key, rule: 'is not a known key', allowed: keys, kind: 'unknown-key' };
    }
    case 'required':
      return { steps: [...steps, String(error.params.missingProperty)], value: undefined, rule: 'is required', allowed: [], kind: 'missing-key' };
    case 'enum': {
      const allowed = (error.params.allowedValues as unknown[]).map(String);
      return { steps, value: error.data, rule: `must be one of ${allowed.join(', ')}`, allowed, kind: 'value' };
    }
    case 'pattern':
      return { steps, value: error.data, rule: `must be ${description(parent?.description)}`, allowed: [], kind: 'value' };
    default:
      return { steps, value: error.data, rule: error.message ?? 'is not allowed', allowed: [], kind: 'value' };
  }
}

function description(text: string | undefined): string {
  const plain = text?.replace(/\.$/, '') ?? 'of another form';
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}
