import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { Rehearsal } from '../../lib/rehearsal/driver';
import type { AnsweredRequest, Traffic, TrafficOptions } from '../../lib/rehearsal/driver-traffic';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import { check, type Milestone } from '../../lib/rehearsal/scenario';
import { ModelLife } from '../model-life';
import { type Customer, customer, customersOf, requestLine } from './customers';

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
  /** Who asks now; a scenario that wants drift lets others ask. */
  public population: (customer: Customer) => Customer = (one) => one;
  private readonly answers: AnsweredRequest[] = [];

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

  /** Clients ask about one customer after the other, until the end; the inference id names the customer. */
  public open(intervalSeconds = 1, options: Partial<TrafficOptions> = {}): Traffic {
    this.clients = this.rehearsal.send({
      endpoint: MODEL,
      intervalSeconds,
      rows: () => this.ask(1),
      inferenceId: () => `c${this.asked - 1}`,
      onAnswer: (answer) => this.answers.push(answer),
      ...options,
    });
    return this.clients;
  }

  /** The next customers, as rows of a request. */
  public ask(rows: number): string[] {
    return Array.from({ length: rows }, () => requestLine(this.population(customer(this.asked++))));
  }

  /** Whether the customers that were asked about did leave: ground truth for all answers since the last time (model-monitor-model-quality-merge). */
  public async label(): Promise<void> {
    const answers = this.answers.splice(0);
    if (answers.length === 0) return;
    const lines = answers.map(({ inferenceId }) => {
      const { churned } = customer(Number(inferenceId!.slice(1)));
      return JSON.stringify({ groundTruthData: { data: String(churned), encoding: 'CSV' }, eventMetadata: { eventId: inferenceId }, eventVersion: '0' });
    });
    const now = new Date(this.rehearsal.now).toISOString();
    await this.rehearsal.put(this.bucket, `${lakeKeys.labelsPrefix(MODEL)}${now.slice(0, 13).replace(/[-T]/g, '/')}/${now.slice(14, 16)}.jsonl`, lines.map((line) => `${line}\n`).join(''));
  }

  public get traffic(): Traffic {
    check(this.clients !== undefined, 'no client has asked yet');
    return this.clients;
  }

  /** Pointer, endpoint and registry say the same, once scaling has let the endpoint come to rest. */
  public async expectServing(version: number): Promise<void> {
    for (let minutes = 0; minutes < 30 && (await this.endpoint()).status === 'Updating'; minutes++) await this.rehearsal.advance(1);
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

/** Customers of the first months only, who all pay more: two of the three features are not what the model has learned. */
export function newCustomers({ tenureMonths, monthlyFee, ...rest }: Customer): Customer {
  return { ...rest, tenureMonths: Math.floor(tenureMonths / 10), monthlyFee: Math.round(130 * monthlyFee) / 100 };
}

/** Waits until an alarm that ends so goes into ALARM. @returns hours that it took */
export async function alarmed(rehearsal: Rehearsal, name: string, hours: number, began = rehearsal.now): Promise<number> {
  const raised = (): boolean =>
    rehearsal.simulation.timeline.events.some(({ kind, status, time, subject }) => kind === 'alarm' && status === 'ALARM' && time >= began && subject.endsWith(name));
  await rehearsal.waitUntil(`${name} goes into ALARM`, raised, 60 * hours);
  return (rehearsal.now - began) / 3_600_000;
}

/** The same life through all milestones of a rehearsal. */
export function churnLife(rehearsal: Rehearsal): ChurnLife {
  let life = lives.get(rehearsal);
  if (!life) lives.set(rehearsal, (life = new ChurnLife(rehearsal)));
  return life;
}

/** Every release example begins so. @param features what v1 may look at: another model than that of the later versions, but of a kind */
export function firstVersion(features = 'tenure_months,support_calls'): Milestone {
  return {
    id: 'first-version',
    title: `v1 is trained on ${features.replace(',', ' and ')} alone, and deployed`,
    async run(rehearsal) {
      const life = churnLife(rehearsal);
      await life.deliver();
      expectOutcome(await life.release('the first version', features), 'DEPLOYED');
      await life.expectServing(1);
      return 'v1 serves';
    },
  };
}
