import { AwsError } from '../../kernel/aws-error';
import { Alarm, type AlarmState } from './alarm';

type Rule = (stateOf: (name: string) => AlarmState) => boolean;

const STATES: Record<string, AlarmState> = { ALARM: 'ALARM', OK: 'OK', INSUFFICIENT_DATA: 'INSUFFICIENT_DATA' };

/** An alarm on alarms (API reference, PutCompositeAlarm, AlarmRule). */
export class CompositeAlarm extends Alarm {
  public readonly children: readonly string[];
  private readonly rule: Rule;

  public constructor(arn: string, input: Record<string, any>, now: number) {
    super(arn, input, now);
    if (input.ActionsSuppressor !== undefined) throw new AwsError('ValidationError', 'ActionsSuppressor is not simulated', 400);
    const parser = new RuleParser(input.AlarmRule);
    this.rule = parser.parse();
    this.children = parser.names;
  }

  public evaluate(stateOf: (name: string) => AlarmState): { state: AlarmState; reason: string } {
    const reason = `alarm rule ${this.input.AlarmRule} with ${this.children.map((name) => `${name} in ${stateOf(name)}`).join(', ')}`;
    return { state: this.rule(stateOf) ? 'ALARM' : 'OK', reason };
  }
}

class RuleParser {
  public readonly names: string[] = [];
  private readonly tokens: string[];
  private position = 0;

  public constructor(private readonly text: string) {
    this.tokens = text.match(/"[^"]*"|'[^']*'|[()]|[^\s()"']+/g) ?? [];
  }

  public parse(): Rule {
    const rule = this.or();
    if (this.position < this.tokens.length) throw this.invalid();
    return rule;
  }

  private or(): Rule {
    let left = this.and();
    while (this.take('OR')) {
      const [before, right] = [left, this.and()];
      left = (stateOf) => before(stateOf) || right(stateOf);
    }
    return left;
  }

  private and(): Rule {
    let left = this.not();
    while (this.take('AND')) {
      const [before, right] = [left, this.not()];
      left = (stateOf) => before(stateOf) && right(stateOf);
    }
    return left;
  }

  private not(): Rule {
    if (!this.take('NOT')) return this.primary();
    const operand = this.not();
    return (stateOf) => !operand(stateOf);
  }

  private primary(): Rule {
    if (this.take('TRUE')) return () => true;
    if (this.take('FALSE')) return () => false;
    if (this.take('(')) {
      const inner = this.or();
      if (!this.take(')')) throw this.invalid();
      return inner;
    }
    const wanted = STATES[this.tokens[this.position++] ?? ''];
    if (wanted === undefined || !this.take('(')) throw this.invalid();
    const name = (this.tokens[this.position++] ?? '').replace(/^["']|["']$/g, '').replace(/^arn:[^:]+:cloudwatch:[^:]+:\d+:alarm:/, '');
    if (!this.take(')')) throw this.invalid();
    this.names.push(name);
    return (stateOf) => stateOf(name) === wanted;
  }

  private take(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position++;
    return true;
  }

  private invalid(): AwsError {
    return new AwsError('ValidationError', `AlarmRule is not valid: ${this.text}`, 400);
  }
}
