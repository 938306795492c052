import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { frozenReason, type FreezeEvent, type FreezeState } from '../../lib/governance/freeze.contract';
import { freeze, type FreezeClients } from '../../lib/governance/freeze.lambda';
import { activeFreeze } from '../../lib/governance/freeze.lambda-shared';
import { chainEntry, verifyLedger, verifyLedgerPart } from '../../lib/governance/ledger';
import { lockWanted } from '../../lib/governance/lock-wanted.lambda-shared';
import { lock, type LockClients } from '../../lib/governance/lock.lambda';
import { runIdOf } from '../../lib/governance/run-id';
import type { LedgerEntry, OutcomeEvent } from '../../lib/governance/outcome.contract';
import { recordOutcome, type OutcomeClients } from '../../lib/governance/record-outcome.lambda';

const environment = { LAKE_BUCKET: 'lake', MODEL_NAME: 'churn', TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:topic', RUNBOOK_URL: 'https://example.com/runbook' };

/** Strict in-memory AWS: an unknown command throws; `die` fails the n-th request from now, before it takes effect. */
class FakeAws {
  public readonly objects = new Map<string, { body: string; etag: string }>();
  public readonly pages: Record<string, any>[] = [];
  public readonly metrics: Record<string, any>[] = [];
  public readonly events: Record<string, any>[] = [];
  public readonly running = new Set<string>();
  /** What EventBridge does not take. */
  public refusals = 0;
  /** What CloudWatch takes as time of a metric. */
  public latest = new Date('2001-03-01T00:00:00Z');
  private requests = 0;
  private dieAt = Infinity;

  public die(after: number): void {
    this.dieAt = this.requests + after;
  }

  public send = async (command: { constructor: { name: string }; input: any }): Promise<any> => {
    if (++this.requests === this.dieAt) throw new Error('the function died');
    const input = command.input;
    switch (command.constructor.name) {
      case 'GetObjectCommand': {
        const object = this.objects.get(input.Key);
        if (!object) throw Object.assign(new Error('no such key'), { name: 'NoSuchKey' });
        return { ETag: object.etag, Body: { transformToString: async () => object.body } };
      }
      case 'PutObjectCommand': {
        const present = this.objects.get(input.Key);
        if ((input.IfNoneMatch && present) || (input.IfMatch && present?.etag !== input.IfMatch)) throw Object.assign(new Error('412'), { name: 'PreconditionFailed' });
        this.objects.set(input.Key, { body: input.Body, etag: `"${this.requests}"` });
        return {};
      }
      case 'DescribeExecutionCommand':
        return { status: this.running.has(input.executionArn) ? 'RUNNING' : 'ABORTED' };
      case 'PublishCommand':
        this.pages.push(input);
        return {};
      case 'PutMetricDataCommand':
        if (input.MetricData[0].Timestamp > this.latest) throw Object.assign(new Error('too far ahead'), { name: 'InvalidParameterValueException' });
        this.metrics.push(input);
        return {};
      case 'PutEventsCommand':
        if (this.refusals-- > 0) return { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }] };
        this.events.push(...input.Entries);
        return { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] };
      case 'InvokeCommand':
        await recordOutcome(JSON.parse(Buffer.from(input.Payload).toString()) as OutcomeEvent, this.as<OutcomeClients>(), environment);
        return {};
      default:
        throw new Error(`unexpected ${command.constructor.name}`);
    }
  };

  public get ledger(): LedgerEntry[] {
    return [...this.objects].filter(([key]) => key.includes('/ledger/entries/')).map(([, object]) => JSON.parse(object.body) as LedgerEntry);
  }

  public as<T>(): T {
    return { s3: this, sfn: this, sns: this, cloudwatch: this, eventBridge: this, lambda: this } as T;
  }
}

function outcome(eventId: string, page = false): OutcomeEvent {
  return { eventId, workflow: 'training', outcome: 'REGISTERED', executionArn: eventId, time: '2001-02-01T00:00:00.000Z', reasons: ['because'], page };
}

describe('lock', () => {
  const acquire = (aws: FakeAws, holder: string, now = '2001-02-01T00:00:00.000Z') =>
    lock({ action: 'acquire', lock: 'training', holder, now, leaseSeconds: 3600 }, aws.as<LockClients>(), 'lake', 'churn');
  const release = (aws: FakeAws, holder: string) =>
    lock({ action: 'release', lock: 'training', holder, now: '2001-02-01T00:10:00.000Z', leaseSeconds: 0 }, aws.as<LockClients>(), 'lake', 'churn');

  it('is given to the first, refused to the second, and given to the same holder again', async () => {
    const aws = new FakeAws();
    aws.running.add('first');
    expect(await acquire(aws, 'first')).toEqual({ acquired: true, holder: 'first', runId: runIdOf('first') });
    expect(await acquire(aws, 'second')).toEqual({ acquired: false, holder: 'first', runId: runIdOf('second') });
    expect((await acquire(aws, 'first')).acquired).toBe(true);
  });

  it('is free after its holder has released it, and only after that', async () => {
    const aws = new FakeAws();
    aws.running.add('first');
    await acquire(aws, 'first');
    await release(aws, 'second');
    expect((await acquire(aws, 'second')).acquired).toBe(false);
    await release(aws, 'first');
    await release(aws, 'first');
    expect((await acquire(aws, 'second')).acquired).toBe(true);
  });

  it('is taken over from an execution that no longer runs', async () => {
    const aws = new FakeAws();
    await acquire(aws, 'dead');
    expect((await acquire(aws, 'next')).acquired).toBe(true);
  });

  it('is taken over when the lease has expired', async () => {
    const aws = new FakeAws();
    aws.running.add('hanging');
    await acquire(aws, 'hanging');
    expect((await acquire(aws, 'next', '2001-02-01T00:59:59.000Z')).acquired).toBe(false);
    expect((await acquire(aws, 'next', '2001-02-01T01:00:00.000Z')).acquired).toBe(true);
  });

  it('is not taken from its holder by who wants it at once: the holder is asked, once, until the lock is free', async () => {
    const aws = new FakeAws();
    const lockObject = (): Promise<string | undefined> => lockWanted(aws.as<LockClients>().s3, 'lake', 'churn', 'training');
    const urgent = (holder: string) =>
      lock({ action: 'acquire', lock: 'training', holder, now: '2001-02-01T00:00:00.000Z', leaseSeconds: 3600, urgent: true }, aws.as<LockClients>(), 'lake', 'churn');
    aws.running.add('first').add('urgent').add('later');
    await acquire(aws, 'first');
    expect(await lockObject()).toBeUndefined();
    expect(await urgent('urgent')).toMatchObject({ acquired: false, holder: 'first' });
    expect(await urgent('later')).toMatchObject({ acquired: false, holder: 'first' });
    expect(await lockObject()).toBe('urgent');
    expect((await acquire(aws, 'first')).acquired).toBe(true);
    await release(aws, 'first');
    expect(await lockObject()).toBeUndefined();
    expect((await urgent('later')).acquired).toBe(true);
    expect(await lockObject()).toBeUndefined();
  });

  it('has never two holders, whatever the order of acquiring and releasing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('acquire', 'release'), fc.constantFrom('a', 'b', 'c')), { maxLength: 30 }), async (steps) => {
        const aws = new FakeAws();
        for (const name of ['a', 'b', 'c']) aws.running.add(name);
        let holder: string | undefined;
        for (const [action, who] of steps) {
          if (action === 'acquire') {
            const { acquired } = await acquire(aws, who);
            expect(acquired).toBe(holder === undefined || holder === who);
            if (acquired) holder = who;
          } else {
            await release(aws, who);
            if (holder === who) holder = undefined;
          }
        }
      }),
    );
  });
});

describe('ledger', () => {
  it('records an event once and pages once, however often it comes', async () => {
    const aws = new FakeAws();
    for (const id of ['a', 'b', 'a', 'c', 'b']) await recordOutcome(outcome(id, true), aws.as<OutcomeClients>(), environment);
    expect(aws.ledger.map((entry) => [entry.sequence, entry.eventId])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    expect(aws.pages).toHaveLength(3);
    expect(aws.metrics).toHaveLength(3);
    expect(verifyLedger(aws.ledger)).toEqual([]);
  });

  it('tells EventBridge each outcome once, with the number of its ledger entry', async () => {
    const aws = new FakeAws();
    for (const id of ['a', 'b', 'a']) await recordOutcome(outcome(id), aws.as<OutcomeClients>(), environment);
    expect(aws.events).toHaveLength(2);
    expect(aws.events[1]).toMatchObject({ Source: 'cdk-ml-pipeline', DetailType: 'Model Pipeline Outcome', Time: new Date('2001-02-01T00:00:00.000Z') });
    expect(JSON.parse(aws.events[1]!.Detail)).toEqual({
      modelName: 'churn',
      workflow: 'training',
      outcome: 'REGISTERED',
      reasons: ['because'],
      sequence: 2,
      executionArn: 'b',
      time: '2001-02-01T00:00:00.000Z',
      page: false,
    });
  });

  it('tells again what EventBridge did not take, and nothing else', async () => {
    const aws = new FakeAws();
    aws.refusals = 1;
    await expect(recordOutcome(outcome('a', true), aws.as<OutcomeClients>(), environment)).rejects.toThrow('EventBridge did not take the outcome: ThrottlingException');
    await recordOutcome(outcome('a', true), aws.as<OutcomeClients>(), environment);
    expect([aws.pages.length, aws.metrics.length, aws.events.length, aws.ledger.length]).toEqual([1, 1, 1, 1]);
  });

  it('doubles at most the one announcement after which it died', async () => {
    for (let request = 1; request <= 16; request++) {
      const aws = new FakeAws();
      aws.die(request);
      await recordOutcome(outcome('a', true), aws.as<OutcomeClients>(), environment).catch(() => undefined);
      aws.die(Infinity);
      await recordOutcome(outcome('a', true), aws.as<OutcomeClients>(), environment);
      const told = [aws.pages.length, aws.metrics.length, aws.events.length];
      expect(Math.min(...told)).toBe(1);
      expect(told.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(4);
    }
  });

  it('says what happened, why, and where to look in the page', async () => {
    const aws = new FakeAws();
    await recordOutcome(outcome('a', true), aws.as<OutcomeClients>(), environment);
    expect(aws.pages[0]!.Subject).toBe('churn: training REGISTERED');
    expect(aws.pages[0]!.Message).toContain('- because');
    expect(aws.pages[0]!.Message).toContain('https://example.com/runbook#training-registered');
  });

  it('stays complete when the function dies at any request and is repeated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.integer({ min: 1, max: 9 }))), { minLength: 1, maxLength: 12 }), async (steps) => {
        const aws = new FakeAws();
        for (const [id, die] of steps) {
          if (die !== null) aws.die(die);
          // Lambda and Step Functions repeat a failed invocation.
          try {
            await recordOutcome(outcome(id), aws.as<OutcomeClients>(), environment);
          } catch {
            await recordOutcome(outcome(id), aws.as<OutcomeClients>(), environment);
          }
          aws.die(Infinity);
        }
        expect(verifyLedger(aws.ledger)).toEqual([]);
        expect(new Set(aws.ledger.map((entry) => entry.eventId))).toEqual(new Set(steps.map(([id]) => id)));
      }),
    );
  });

  it('fails verification when an entry is altered, removed or doubled', () => {
    const first = chainEntry(outcome('a'), 'churn', undefined);
    const second = chainEntry(outcome('b'), 'churn', first);
    const third = chainEntry(outcome('c'), 'churn', second);
    expect(verifyLedger([third, first, second])).toEqual([]);
    expect(verifyLedger([first, { ...second, outcome: 'REJECTED' }, third])).toEqual(['entry 2 was altered after it was written']);
    expect(verifyLedger([first, third])).toContain('entry 2 is missing or doubled: found sequence 3');
    expect(verifyLedger([first, second, chainEntry(outcome('a'), 'churn', second)])).toEqual(['entry 3 records event a again, first recorded as 1']);
  });

  it('verifies a part as a part: what came before it is not judged', () => {
    const first = chainEntry(outcome('a'), 'churn', undefined);
    const second = chainEntry(outcome('b'), 'churn', first);
    const third = chainEntry(outcome('c'), 'churn', second);
    expect(verifyLedgerPart([third, second])).toEqual([]);
    expect(verifyLedgerPart([{ ...third, outcome: 'REJECTED' }, second])).toEqual(['entry 3 was altered after it was written']);
    expect(verifyLedgerPart([third, chainEntry(outcome('x'), 'churn', first)])).toEqual(['entry 3 does not follow from the entry before it']);
  });

  it('keeps entries, marks and head where the lake says', async () => {
    const aws = new FakeAws();
    await recordOutcome(outcome('a'), aws.as<OutcomeClients>(), environment);
    expect([...aws.objects.keys()].sort()).toEqual([
      lakeKeys.ledgerEntry('churn', 1),
      expect.stringMatching(/^state\/churn\/ledger\/events\/[0-9a-f]{64}\.json$/),
      lakeKeys.ledgerHead('churn'),
    ]);
  });
});

describe('freeze', () => {
  const ENVIRONMENT = { LAKE_BUCKET: 'lake', MODEL_NAME: 'churn', OUTCOME_FUNCTION: 'outcome' };
  const ask = (aws: FakeAws, action: FreezeEvent['action'], id: string, more: Partial<FreezeEvent> = {}) =>
    freeze({ action, reason: `reason of ${id}`, caller: 'arn:aws:iam::111122223333:user/ops', time: '2001-02-01T00:00:00Z', id, ...more }, aws.as<FreezeClients>(), ENVIRONMENT);
  const stored = (aws: FakeAws): FreezeState => JSON.parse(aws.objects.get(lakeKeys.freeze('churn'))!.body) as FreezeState;
  const outcomes = (aws: FakeAws) => aws.ledger.map(({ workflow, outcome: name }) => `${workflow} ${name}`);

  it('holds until it is lifted; both are in the ledger, paged and told', async () => {
    const aws = new FakeAws();
    expect(await ask(aws, 'freeze', '1')).toMatchObject({ changed: true, state: { frozen: true, reason: 'reason of 1', since: '2001-02-01T00:00:00.000Z' } });
    expect(await activeFreeze(aws.as<FreezeClients>().s3, 'lake', 'churn')).toMatchObject({ frozen: true });
    expect(await ask(aws, 'unfreeze', '2')).toMatchObject({ changed: true, state: { frozen: false, reason: 'reason of 2' } });
    expect(await activeFreeze(aws.as<FreezeClients>().s3, 'lake', 'churn')).toBeUndefined();
    expect(outcomes(aws)).toEqual(['operations FROZEN', 'operations UNFROZEN']);
    expect(aws.pages.map(({ Subject }) => Subject)).toEqual(['churn: operations FROZEN', 'churn: operations UNFROZEN']);
    expect(aws.pages[0]!.Message).toContain('By: arn:aws:iam::111122223333:user/ops');
    expect(aws.events).toHaveLength(2);
    expect(verifyLedger(aws.ledger)).toEqual([]);
  });

  it('changes and records nothing when the model is in that state already: the first reason stands', async () => {
    const aws = new FakeAws();
    expect(await ask(aws, 'unfreeze', '0')).toEqual({ changed: false, state: undefined });
    await ask(aws, 'freeze', '1');
    expect(await ask(aws, 'freeze', '2')).toMatchObject({ changed: false, state: { reason: 'reason of 1' } });
    expect(outcomes(aws)).toEqual(['operations FROZEN']);
  });

  it('is not undone by an event that comes again late', async () => {
    const aws = new FakeAws();
    await ask(aws, 'freeze', '1');
    await ask(aws, 'unfreeze', '2');
    expect(await ask(aws, 'freeze', '1')).toMatchObject({ changed: false, state: { frozen: false } });
    expect(outcomes(aws)).toEqual(['operations FROZEN', 'operations UNFROZEN']);
  });

  it('ends in the asked state with one entry when it dies at any request and is repeated', async () => {
    for (let request = 1; request <= 18; request++) {
      const aws = new FakeAws();
      aws.die(request);
      await ask(aws, 'freeze', '1').catch(() => undefined);
      aws.die(Infinity);
      await ask(aws, 'freeze', '1');
      expect(stored(aws).frozen).toBe(true);
      expect(outcomes(aws)).toEqual(['operations FROZEN']);
    }
  });

  it('holds and is recorded although the clock of the person is wrong', async () => {
    const aws = new FakeAws();
    expect(await ask(aws, 'freeze', '1', { time: '2031-02-01T00:00:00Z' })).toMatchObject({ changed: true });
    expect(aws.metrics).toHaveLength(1);
    expect(aws.metrics[0]!.MetricData[0].Timestamp).toBeUndefined();
    expect(outcomes(aws)).toEqual(['operations FROZEN']);
  });

  it('refuses an event that does not say who, why, when and which', async () => {
    for (const missing of [{ reason: ' ' }, { caller: '' }, { time: 'now' }, { id: '' }]) {
      const aws = new FakeAws();
      await expect(ask(aws, 'freeze', '1', missing)).rejects.toThrow('a freeze event needs');
      expect(aws.objects.size).toBe(0);
    }
    await expect(ask(new FakeAws(), 'thaw' as 'freeze', '1')).rejects.toThrow('a freeze event needs');
  });

  it('is told to whoever acquires a lock', async () => {
    const aws = new FakeAws();
    const acquire = () => lock({ action: 'acquire', lock: 'training', holder: 'h', now: '2001-02-01T00:00:00.000Z', leaseSeconds: 60 }, aws.as<LockClients>(), 'lake', 'churn');
    expect((await acquire()).frozen).toBeUndefined();
    await ask(aws, 'freeze', '1');
    expect((await acquire()).frozen).toBe(frozenReason(stored(aws)));
  });
});
