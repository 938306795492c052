import { AwsError } from '../../kernel/aws-error';

/** The SDK's schema knows members and types; lengths, patterns and ranges are checked here (API reference of each operation). */
export const PATTERNS = {
  name: { text: '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}', expression: /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/ },
  roleArn: { text: 'arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+', expression: /^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/ },
  s3Uri: { text: '(https|s3)://([^/]+)/?(.*)', expression: /^(https|s3):\/\/([^/]+)\/?(.*)$/ },
} as const;

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** Collects the violations of one request and reports them as AWS does: "2 validation errors detected: …; …". */
export class Constraints {
  private readonly violations: string[] = [];

  public pattern(member: string, value: unknown, pattern: { readonly text: string; readonly expression: RegExp }): this {
    if (typeof value === 'string' && !pattern.expression.test(value)) {
      this.add(member, value, `Member must satisfy regular expression pattern: ${pattern.text}`);
    }
    return this;
  }

  public length(member: string, value: unknown, minimum: number, maximum: number): this {
    if (value === undefined || value === null) return this;
    const length = typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(value).length;
    if (length > maximum) this.add(member, value, `Member must have length less than or equal to ${maximum}`);
    if (length < minimum) this.add(member, value, `Member must have length greater than or equal to ${minimum}`);
    return this;
  }

  public range(member: string, value: unknown, minimum: number, maximum: number): this {
    if (typeof value !== 'number') return this;
    if (value > maximum) this.add(member, value, `Member must have value less than or equal to ${maximum}`);
    if (value < minimum) this.add(member, value, `Member must have value greater than or equal to ${minimum}`);
    return this;
  }

  public oneOf(member: string, value: unknown, values: readonly string[]): this {
    if (value !== undefined && !values.includes(value as string)) this.add(member, value, `Member must satisfy enum value set: [${values.join(', ')}]`);
    return this;
  }

  public required(member: string, value: unknown): this {
    if (value === undefined || value === null) this.violations.push(`Value null at '${member}' failed to satisfy constraint: Member must not be null`);
    return this;
  }

  /** @throws ValidationException */
  public check(): void {
    const count = this.violations.length;
    if (count > 0) throw invalid(`${count} validation ${count === 1 ? 'error' : 'errors'} detected: ${this.violations.join('; ')}`);
  }

  private add(member: string, value: unknown, constraint: string): void {
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    this.violations.push(`Value '${shown}' at '${member}' failed to satisfy constraint: ${constraint}`);
  }
}
