import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { Rehearsal } from '../../lib/rehearsal/driver';
import type { Traffic } from '../../lib/rehearsal/driver-traffic';
import { check, type Milestone } from '../../lib/rehearsal/scenario';
import { ModelLife } from '../model-life';
import { customer, customersOf, requestLine } from './customers';

export const MODEL = 'churn';
export const START = '2026-03-02T00:00:00Z';
const DAY = 86_400_000;
/** Of raw data, before the start. */
const DAYS = 14;
const ROWS_A_DAY = 150;

/** The small model of the release examples: two weeks of customers, trained in a moment, asked once a second. */
export class ChurnLife extends ModelLife {
  private clients: Traffic | undefined;
  private asked = 0;

  public constructor(rehearsal: Rehearsal) {
    super(rehearsal, MODEL);
  }

  public async deliver(): Promise<void> {
    for (let day = DAYS; day >= 1; day--) {
      const date = new Date(Date.parse(START) - day * DAY).toISOString().slice(0, 10);
      await this.rehearsal.put(this.bucket, `raw/${MODEL}/${date}.csv`, customersOf(date, ROWS_A_DAY));
    }
  }

  /** Trains a version and waits for what its approval starts. `features`: what the model may look at, all when absent. */
  public async release(reason: string, features?: string): Promise<LedgerEntry> {
    const before = this.deployments;
    await this.register(reason, features);
    return this.released(before);
  }

  /** Trains a version until it is registered; gates approve it. */
  public async register(reason: string, features?: string): Promise<LedgerEntry> {
    const entry = await this.trained(await this.train(reason, features === undefined ? undefined : { features }));
    check(entry.outcome === 'REGISTERED', `the training run should register a version, it ended with ${entry.outcome}: ${entry.reasons.join(' ')}`);
    return entry;
  }

  /** Clients ask about one customer after the other, until the end. */
  public open(intervalSeconds = 1): Traffic {
    this.clients = this.rehearsal.send({ endpoint: MODEL, intervalSeconds, rows: () => [requestLine(customer(this.asked++))] });
    return this.clients;
  }

  public get traffic(): Traffic {
    check(this.clients !== undefined, 'no client has asked yet');
    return this.clients;
  }

  /** Ended as it should, and pointer, endpoint and registry say the same. */
  public async expectServing(version: number): Promise<void> {
    const [endpoint, champion, { ModelApprovalStatus }] = [await this.endpoint(), await this.champion(), await this.package(version)];
    check(endpoint.status === 'InService' && endpoint.version === version, `the endpoint should serve v${version}, it is ${endpoint.status} with v${endpoint.version}`);
    check(champion.version === version && champion.endpointConfigName === endpoint.config, `the champion pointer names v${champion.version} as ${champion.endpointConfigName}, the endpoint serves ${endpoint.config}`);
    check(ModelApprovalStatus === 'Approved', `v${version} serves but is ${ModelApprovalStatus}`);
  }
}

export function expectOutcome(entry: LedgerEntry, outcome: string, reason?: RegExp): void {
  check(entry.outcome === outcome, `the deployment should end with ${outcome}, it ended with ${entry.outcome}: ${entry.reasons.join(' ')}`);
  check(reason === undefined || entry.reasons.some((text) => reason.test(text)), `no reason matches ${reason}: ${entry.reasons.join(' ')}`);
}

const lives = new WeakMap<Rehearsal, ChurnLife>();

/** The same life through all milestones of a rehearsal. */
export function churnLife(rehearsal: Rehearsal): ChurnLife {
  let life = lives.get(rehearsal);
  if (!life) lives.set(rehearsal, (life = new ChurnLife(rehearsal)));
  return life;
}

/** Every release example begins so. */
export const firstVersion: Milestone = {
  id: 'first-version',
  title: 'v1 is trained on what two weeks say about tenure alone, and deployed',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    await life.deliver();
    expectOutcome(await life.release('the first version', 'tenure_months'), 'DEPLOYED');
    await life.expectServing(1);
    return 'v1 serves';
  },
};
