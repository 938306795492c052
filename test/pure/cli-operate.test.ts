import { describe, expect, it, test } from 'vitest';
import { awsFailure } from '../../lib/cli/aws-failure';
import { chooseRollback } from '../../lib/cli/choose-rollback';
import { judgeTruth } from '../../lib/cli/judge-truth';
import { formatStatus } from '../../lib/cli/status-command';
import { palette, wrap } from '../../lib/cli/text';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import { CALLER, CHAMPION, CliWorld, CONFIG, DEPLOYMENT, fail, MODEL, NOW, packageArn, PREVIOUS, SETTINGS } from './cli-world';

const FREEZE = { frozen: true, reason: 'the price feed is broken', by: CALLER, since: '2001-03-04T10:00:00.000Z' };
const LOOP = [
  ['WaitStateEntered', 'WaitBetweenLooks'],
  ['TaskStateEntered', 'Analyze'],
  ['ChoiceStateEntered', 'HasSettled'],
] as const;

/** A refusal: exit code 2, one line that says why, nothing started. */
async function expectRefusal(world: CliWorld, argv: string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await world.run(...argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(world.started).toEqual([]);
}

describe('status', () => {
  it('says what serves, that it is the champion, and that nothing else goes on', async () => {
    const world = new CliWorld();
    world.record({ outcome: 'DEPLOYED', reasons: ['version 3 replaces churn-v2'] }, ...Array.from({ length: 6 }, () => ({ workflow: 'monitoring', outcome: 'STABLE' }) as const));
    const { code, stdout } = await world.run('status', MODEL);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "churn  us-east-1, account 111122223333

      Champion   version 3 since 2001-03-02 08:00 UTC (2 d 4 h)
      Endpoint   InService, churn-v3-r0123456789ab
      Truth      ✓ the endpoint serves the champion
      Capacity   2 instances; scaled between 2 and 4
      Running    nothing
      Freeze     none
      Alarms     none in ALARM

      Outcomes   2001-03-04 12:00  monitoring  STABLE ×6  because
                 2001-03-04 06:00  deployment  DEPLOYED   version 3 replaces churn-v2
      "
    `);
  });

  it('shows whatever needs attention', async () => {
    const world = new CliWorld();
    world.objects.set(lakeKeys.freeze(MODEL), FREEZE);
    world.packages[4] = 'Approved';
    world.metadata = { deploymentOutcome: 'ROLLED_BACK' };
    world.endpoint = { ...world.endpoint, EndpointConfigName: PREVIOUS };
    world.target!['SuspendedState'] = { DynamicScalingOutSuspended: true };
    world.alarms = [
      { AlarmName: 'Churn/Pipeline/Monitoring/data-drift', StateUpdatedTimestamp: new Date(NOW - 60_000), StateReason: 'drift' },
      { AlarmName: `${PREVIOUS}-error-rate`, StateUpdatedTimestamp: new Date(NOW - 60_000) },
      { AlarmName: 'churn-v2-of-another-model', StateUpdatedTimestamp: new Date(NOW - 60_000) },
    ];
    world.running['arn:aws:states:us-east-1:111122223333:stateMachine:Training'] = [{ arn: 'arn:t', states: [['TaskStateEntered', 'Train']], input: '{"trigger":"manual"}' }];
    expect((await world.run('status', MODEL)).stdout).toMatchInlineSnapshot(`
      "churn  us-east-1, account 111122223333

      Champion   version 3 since 2001-03-02 08:00 UTC (2 d 4 h)
      Endpoint   InService, churn-v2-r123456789abc
      Truth      ✗ the endpoint serves version 2, the champion is version 3: deploy the version that
                 should serve
      Capacity   2 instances; scaled between 2 and 4, suspended at the moment
      Running    training (manual) in Train since 2001-03-04 11:55 UTC (5 min)
      Freeze     ❄ since 2001-03-04 10:00 UTC (2 h): the price feed is broken
                 by arn:aws:iam::111122223333:user/ops
      Waiting    version 4, registered 2001-03-04 11:00 UTC: approved; its deployment ended with
                 ROLLED_BACK
      Alarms     Churn/Pipeline/Monitoring/data-drift since 2001-03-04 11:59 UTC (1 min)
                 churn-v2-r123456789abc-error-rate since 2001-03-04 11:59 UTC (1 min)
      "
    `);
  });

  it('shows a deployment at work: version, trigger, state and both variants', async () => {
    const world = new CliWorld();
    world.packages[4] = 'Approved';
    world.endpoint = {
      EndpointStatus: 'InService',
      EndpointConfigName: 'churn-v4-r3456789abcde-test',
      ProductionVariants: [
        { VariantName: 'AllTraffic', CurrentWeight: 9, CurrentInstanceCount: 2, DesiredInstanceCount: 3 },
        { VariantName: 'Challenger-v4', CurrentWeight: 1, CurrentInstanceCount: 1, DesiredInstanceCount: 1 },
      ],
    };
    world.running[DEPLOYMENT] = [{ arn: 'arn:d', states: LOOP, input: JSON.stringify({ modelPackageArn: packageArn(4), trigger: 'approval' }) }];
    const { stdout } = await world.run('status', MODEL);
    expect(stdout).toContain('Truth      · version 4 is tested against the champion; its deployment is at work\n');
    expect(stdout).toContain('Running    deployment of version 4 (approval) in HasSettled since 2001-03-04 11:55 UTC (5 min)\n');
    expect(stdout).toContain('           Challenger-v4: 10 % of the requests, 1 instance\n');
    expect(stdout).toContain('Capacity   2 instances, going to 3; scaled between 2 and 4\n');
    expect(stdout).not.toContain('Waiting');
  });

  it('is one JSON document', async () => {
    const world = new CliWorld();
    world.objects.set(lakeKeys.freeze(MODEL), { ...FREEZE, events: ['secret of the function'] });
    const { code, stdout, stderr } = await world.run('status', MODEL, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ modelName: MODEL, region: 'us-east-1', champion: { version: 3 }, truth: { agrees: true }, freeze: FREEZE, waiting: null, outcomes: [] });
    expect(stdout).not.toContain('secret');
  });

  it('says of a model without deployment that there is none', async () => {
    const world = new CliWorld();
    world.objects.clear();
    world.endpoint = undefined;
    world.target = undefined;
    world.packages = {};
    const { code, stdout } = await world.run('status', MODEL);
    expect(code).toBe(0);
    expect(stdout).toContain('Champion   none yet\nEndpoint   none\nTruth      · nothing was deployed yet\nRunning    nothing\n');
  });

  it('has colours on a terminal that wants them, and lines of at most 100 columns', async () => {
    const world = new CliWorld();
    world.objects.set(lakeKeys.freeze(MODEL), FREEZE);
    world.record({ outcome: 'ROLLED_BACK', reasons: [`the error rate ${'is far too high '.repeat(20)}`] });
    const status = JSON.parse((await world.run('status', MODEL, '--json')).stdout);
    const io = (isTTY: boolean, environment = {}) => ({ stdout: { write: () => undefined, isTTY }, environment }) as never;
    expect(formatStatus(status, NOW, palette(io(true)))).toContain('\u001b[31mROLLED_BACK\u001b[0m');
    for (const plain of [io(false), io(true, { NO_COLOR: '1' }), io(true, { TERM: 'dumb' })]) {
      const text = formatStatus(status, NOW, palette(plain));
      expect(text).not.toContain('\u001b');
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });
});

describe('the truth', () => {
  const endpoint = (endpointConfigName: string, status = 'InService') => ({ status, endpointConfigName, pendingConfigName: null });
  it.each([
    ['nothing was ever deployed', undefined, undefined, false, null],
    ['the first deployment works on it', undefined, endpoint('churn-v1-r0123456789ab', 'Creating'), true, null],
    ['an endpoint without a champion', undefined, endpoint('churn-v1-r0123456789ab'), false, false],
    ['a champion without endpoint', CHAMPION, undefined, false, false],
    ['the champion serves', CHAMPION, endpoint(CONFIG), false, true],
    ['the champion serves during an update', CHAMPION, endpoint(CONFIG, 'Updating'), true, true],
    ['the endpoint is broken', CHAMPION, endpoint(CONFIG, 'Failed'), false, false],
    ['another version serves and nobody works on it', CHAMPION, endpoint(PREVIOUS), false, false],
    ['another version serves and is about to be recorded', CHAMPION, endpoint('churn-v4-r0123456789ab'), true, null],
    ['a shadow stage', CHAMPION, endpoint('churn-v4-r0123456789ab-shadow'), true, null],
    ['a shadow stage that was left behind', CHAMPION, endpoint('churn-v4-r0123456789ab-shadow'), false, false],
    ['what somebody made by hand', CHAMPION, endpoint('mine'), false, false],
  ] as const)('%s', (_, champion, serving, deploying, agrees) => {
    expect(judgeTruth(MODEL, champion, serving, deploying).agrees).toBe(agrees);
  });
});

describe('history', () => {
  const outcomes = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? { outcome: 'DEPLOYED' } : ({ workflow: 'monitoring', outcome: 'STABLE' } as const)));

  it('shows the newest first, with reasons, and verifies the chain', async () => {
    const world = new CliWorld();
    world.record({ outcome: 'DEPLOYED', reasons: ['one', 'two', 'three', 'four', 'five'] }, { outcome: 'ROLLED_BACK', page: true, reasons: ['worse'] });
    const { code, stdout } = await world.run('history', MODEL);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "churn  newest first, times in UTC

      2  2001-03-04 12:00  deployment  ROLLED_BACK  paged
         - worse
      1  2001-03-04 11:00  deployment  DEPLOYED
         - one
         - two
         - three
         - 2 more reasons, see --json

      ✓ The whole ledger, 2 entries, is as it was written.
      "
    `);
  });

  it('reads as far back as it must, and says what it verified', async () => {
    const world = new CliWorld();
    world.record(...outcomes);
    const { stdout } = await world.run('history', MODEL, '--limit', '3', '--workflow', 'deployment', '--json');
    const document = JSON.parse(stdout);
    expect(document.entries.map(({ sequence }: LedgerEntry) => sequence)).toEqual([58, 55, 52]);
    expect(document.verified).toEqual({ from: 36, to: 60, intact: true, problems: [] });
    expect((await world.run('history', MODEL, '--limit', '3')).stdout).toContain('✓ The ledger from entry 36 to 60 is as it was written. --all verifies it from the first.');
    expect((await world.run('history', MODEL, '--limit', '3', '--all')).stdout).toContain('✓ The whole ledger, 60 entries, is as it was written.');
  });

  it('finds entries that a run wrote before it died, beyond the head', async () => {
    const world = new CliWorld();
    world.record(...outcomes);
    world.objects.set(lakeKeys.ledgerHead(MODEL), { sequence: 58 });
    const { entries, verified } = JSON.parse((await world.run('history', MODEL, '--limit', '60', '--json')).stdout);
    expect(entries[0].sequence).toBe(60);
    expect(verified).toEqual({ from: 1, to: 60, intact: true, problems: [] });
  });

  it.each([
    ['altered', (world: CliWorld, entries: LedgerEntry[]) => world.objects.set(lakeKeys.ledgerEntry(MODEL, 5), { ...entries[4]!, reasons: ['something else'] }), 'entry 5 was altered after it was written'],
    ['removed', (world: CliWorld) => world.objects.delete(lakeKeys.ledgerEntry(MODEL, 5)), 'entry 5 is missing'],
  ] as const)('fails and says where when an entry was %s', async (_, harm, expected) => {
    const world = new CliWorld();
    harm(world, world.record(...outcomes.slice(0, 10)));
    const { code, stdout } = await world.run('history', MODEL);
    expect(code).toBe(1);
    expect(stdout).toContain(`✗ The ledger is not as it was written:\n  - ${expected}\n`);
    expect(JSON.parse((await world.run('history', MODEL, '--json')).stdout).verified).toMatchObject({ intact: false, problems: [expected] });
  });

  it('of a new model says that nothing happened', async () => {
    expect(await new CliWorld().run('history', MODEL)).toMatchObject({ code: 0, stdout: 'Nothing has happened to churn yet.\n' });
  });
});

describe('deploy', () => {
  const world = (): CliWorld => {
    const made = new CliWorld();
    made.packages[4] = 'Approved';
    return made;
  };

  it('starts the deployment workflow as a person, with who and why', async () => {
    const account = world();
    const { code, stdout } = await account.run('deploy', MODEL, '4', '--reason', 'spring sale');
    expect(code).toBe(0);
    expect(account.started).toHaveLength(1);
    expect(account.started[0]!.stateMachineArn).toBe(DEPLOYMENT);
    expect(account.started[0]!.name).toMatch(/^manual-v4-[0-9a-f-]{36}$/);
    expect(JSON.parse(account.started[0]!.input)).toEqual({ modelPackageArn: packageArn(4), trigger: 'manual', reason: `spring sale (by ${CALLER})` });
    expect(stdout).toBe('churn: deploying version 4; the champion is version 3\n  arn:aws:states:us-east-1:111122223333:execution:Deployment:started\nFollow it with: cdk-ml-pipeline status churn\n');
  });

  it('goes on although the model is frozen, and says that the freeze holds; and that it waits for another', async () => {
    const account = world();
    account.objects.set(lakeKeys.freeze(MODEL), FREEZE);
    account.running[DEPLOYMENT] = [{ arn: 'arn:d', states: LOOP }];
    const { code, stdout } = await account.run('deploy', MODEL, '4');
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`The freeze of 2001-03-04 10:00 by ${CALLER} holds for what starts by itself (the price feed is broken); this deployment goes on.`);
    expect(stdout).toContain('Another deployment is at work since 2001-03-04 11:55');
  });

  it('follows it and tells each state once, also when a loop goes round', async () => {
    const account = world();
    account.next = {
      ...account.next,
      states: [['TaskStateEntered', 'AcquireLock'], ['TaskStateEntered', 'Plan'], ['PassStateEntered', 'NoteStart'], ...LOOP, ...LOOP, ...LOOP, ['TaskStateEntered', 'Verify'], ['SucceedStateEntered', 'Ended']],
    };
    const { code, stdout } = await account.run('deploy', MODEL, '4', '--wait');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(2)).toEqual(['  12:00:00  acquire lock', '  12:01:00  plan', '  12:03:00  wait between looks', '  12:04:00  analyze', '  12:12:00  verify', 'DEPLOYED after 1 min', '  - it serves', '']);
  });

  it('goes on looking when AWS cannot be reached for a moment, and says that the deployment goes on when it gives up', async () => {
    const account = world();
    let failures = 12;
    account.instead['sfn.getExecutionHistory'] = () => (failures-- > 0 ? fail('TimeoutError', 'AWS cannot be reached', true) : { events: [] });
    expect((await account.run('deploy', MODEL, '4', '--wait')).code).toBe(0);
    expect(account.slept).toBe(60_000);
    failures = Infinity;
    const lost = await account.run('deploy', MODEL, '4', '--wait');
    expect(lost).toMatchObject({ code: 2, stderr: 'cdk-ml-pipeline: AWS cannot be reached; the deployment goes on: cdk-ml-pipeline status churn\n' });
    const expired = world();
    expired.instead['sfn.getExecutionHistory'] = () => fail('ExpiredTokenException', 'AWS does not accept the credentials');
    expect((await expired.run('deploy', MODEL, '4', '--wait')).code).toBe(2);
    expect(expired.slept).toBe(0);
  });

  it('tells a loop again when it comes again after something else', async () => {
    const account = world();
    const stage = [...LOOP, ...LOOP, ['TaskStateEntered', 'NextStage'], ['TaskStateEntered', 'Prepare'], ['TaskStateEntered', 'StartDeployment']] as const;
    account.next = { ...account.next, states: [...stage, ...LOOP] };
    const { stdout } = await account.run('deploy', MODEL, '4', '--wait');
    expect(stdout.match(/wait between looks/g)).toHaveLength(2);
  });

  it.each([
    [{ status: 'SUCCEEDED', output: '{"name":"ROLLED_BACK","reasons":["worse"]}' }, 'ROLLED_BACK', ['worse']],
    [{ status: 'SUCCEEDED', output: '{"name":"SKIPPED","reasons":["frozen"]}' }, 'SKIPPED', ['frozen']],
    [{ status: 'FAILED', error: 'DeploymentFailed', cause: 'a quota' }, 'FAILED', ['a quota']],
    [{ status: 'TIMED_OUT' }, 'TIMED_OUT', []],
    [{ status: 'ABORTED' }, 'ABORTED', []],
  ])('ends with exit code 1 on %j', async (end, outcome, reasons) => {
    const account = world();
    account.next = { ...account.next, end };
    const { code, stdout, stderr } = await account.run('deploy', MODEL, '4', '--wait', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ version: 4, trigger: 'manual', outcome, reasons, status: end.status });
    expect(stderr).toContain('deploying version 4');
  });

  it('refuses what cannot be deployed', async () => {
    await expectRefusal(world(), ['deploy', MODEL, '9'], /there is no version 9 of churn; the newest is version 4/);
    await expectRefusal(world(), ['deploy', MODEL, '3'], /version 3 of churn is already serving, since 2001-03-02 08:00; --again deploys it once more/);
    const waiting = world();
    waiting.packages[4] = 'PendingManualApproval';
    await expectRefusal(waiting, ['deploy', MODEL, '4'], /version 4 of churn is not approved: its status is PendingManualApproval/);
    const none = world();
    none.packages = {};
    await expectRefusal(none, ['deploy', MODEL, '1'], /none is registered yet/);
  });

  it('deploys the serving version once more when told so', async () => {
    const account = world();
    const { code } = await account.run('deploy', MODEL, '3', '--again');
    expect(code).toBe(0);
    expect(JSON.parse(account.started.at(-1)!.input)).toMatchObject({ trigger: 'manual', again: true });
    await account.run('deploy', MODEL, '4');
    expect(JSON.parse(account.started.at(-1)!.input)).not.toHaveProperty('again');
  });

  it('deploys the champion again when something else serves', async () => {
    const account = world();
    account.endpoint = { ...account.endpoint, EndpointConfigName: PREVIOUS };
    expect((await account.run('deploy', MODEL, '3')).code).toBe(0);
    const gone = world();
    gone.endpoint = undefined;
    expect((await gone.run('deploy', MODEL, '3')).code).toBe(0);
  });

  it('refuses when there is no workflow to start', async () => {
    const pinned = world();
    pinned.settings = { ...SETTINGS, deploymentStateMachineArn: undefined };
    await expectRefusal(pinned, ['deploy', MODEL, '4'], /churn is released by cdk deploy/);
    const gone = world();
    gone.instead['sfn.listExecutions'] = () => fail('StateMachineDoesNotExist');
    await expectRefusal(gone, ['deploy', MODEL, '4'], /the deployment workflow of churn does not exist any more .*: deploy the stack again/);
  });
});

describe('rollback', () => {
  it('goes to the champion before the present one, through the same workflow', async () => {
    const world = new CliWorld();
    const { code, stdout } = await world.run('rollback', MODEL);
    expect(code).toBe(0);
    expect(stdout).toContain('churn: rolling back to version 2; the champion is version 3');
    expect(JSON.parse(world.started[0]!.input)).toEqual({ modelPackageArn: packageArn(2), trigger: 'rollback', reason: `rolled back from version 3 by hand (by ${CALLER})` });
  });

  it('goes to the version that is named', async () => {
    const world = new CliWorld();
    await world.run('rollback', MODEL, '--to', '1', '--reason', 'v2 was no better');
    expect(JSON.parse(world.started[0]!.input)).toMatchObject({ modelPackageArn: packageArn(1), reason: `v2 was no better (by ${CALLER})` });
  });

  it('ends what is being deployed, also before the endpoint changes, unless that is a rollback itself', async () => {
    const running = (trigger: string, version: number) => [{ arn: `${DEPLOYMENT}:other`, states: [['TaskStateEntered', 'Plan']] as const, input: JSON.stringify({ trigger, modelPackageArn: packageArn(version) }) }];
    const world = new CliWorld();
    world.packages[4] = 'Approved';
    world.running[DEPLOYMENT] = running('manual', 4);
    const { code, stdout } = await world.run('rollback', MODEL);
    expect(code).toBe(0);
    expect(stdout).toContain('churn: ending the deployment under way; version 3 goes on');
    expect(JSON.parse(world.started[0]!.input)).toEqual({ modelPackageArn: packageArn(3), trigger: 'rollback', reason: `the deployment of version 4 was ended by hand (by ${CALLER})` });
    const twice = new CliWorld();
    twice.running[DEPLOYMENT] = running('rollback', 2);
    await twice.run('rollback', MODEL);
    expect(JSON.parse(twice.started[0]!.input)).toMatchObject({ modelPackageArn: packageArn(2) });
  });

  it('does not undo a rollback by accident, nor release a version that never served', () => {
    const after = { ...CHAMPION, version: 2, previous: [{ version: 3, endpointConfigName: CONFIG, modelName: CONFIG }, ...CHAMPION.previous.slice(1)] };
    expect(() => chooseRollback(MODEL, after, undefined)).toThrow(/version 3 served before version 2 but is newer, .*name a version with --to; earlier champions: 3, 1/);
    expect(chooseRollback(MODEL, after, 3).version).toBe(3);
    expect(chooseRollback(MODEL, after, 1).version).toBe(1);
    expect(() => chooseRollback(MODEL, CHAMPION, 4)).toThrow(/version 4 has never been champion and is newer than version 3: use cdk-ml-pipeline deploy churn 4/);
  });

  it('skips entries of the same version, which a change of configuration leaves', () => {
    const changed = { ...CHAMPION, previous: [{ version: 3, endpointConfigName: 'churn-v3-rffffffffffff', modelName: 'churn-v3-rffffffffffff' }, ...CHAMPION.previous] };
    expect(chooseRollback(MODEL, changed, undefined).version).toBe(2);
  });

  it('refuses when there is nothing to go back to', async () => {
    const first = new CliWorld();
    first.objects.set(lakeKeys.championPointer(MODEL), { ...CHAMPION, previous: [] });
    await expectRefusal(first, ['rollback', MODEL], /there is nothing to roll back to: no champion of churn before version 3 is kept/);
    const none = new CliWorld();
    none.objects.clear();
    await expectRefusal(none, ['rollback', MODEL], /churn has no champion yet/);
    await expectRefusal(new CliWorld(), ['rollback', MODEL, '--to', '3'], /version 3 of churn is already serving/);
  });
});

describe('freeze and unfreeze', () => {
  it('ask the freeze function with who, why and when', async () => {
    const world = new CliWorld();
    const { code, stdout } = await world.run('freeze', MODEL, '--reason', 'an incident');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^❄ churn is frozen: nothing but a person deploys or retrains it until/);
    await world.run('unfreeze', MODEL);
    expect(world.invoked).toEqual([
      { action: 'freeze', reason: 'an incident', caller: CALLER, time: '2001-03-04T12:00:00.000Z', id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      { action: 'unfreeze', reason: 'released by hand', caller: CALLER, time: '2001-03-04T12:00:00.000Z', id: expect.any(String) },
    ]);
    expect(world.invoked[0]!.id).not.toBe(world.invoked[1]!.id);
  });

  it('say so when nothing changed', async () => {
    const world = new CliWorld();
    world.instead['lambda.invoke'] = () => ({ Payload: Buffer.from(JSON.stringify({ changed: false, state: FREEZE })) });
    expect((await world.run('freeze', MODEL, '--reason', 'again')).stdout.replace(/\s+/g, ' ')).toContain(`churn is frozen already, since 2001-03-04 10:00 by ${CALLER}: the price feed is broken`);
    expect((await world.run('unfreeze', MODEL)).stdout).toBe('churn was not frozen.\n');
    expect(JSON.parse((await world.run('freeze', MODEL, '--reason', 'again', '--json')).stdout)).toEqual({ modelName: MODEL, changed: false, freeze: FREEZE });
  });

  it('fail when the function fails', async () => {
    const world = new CliWorld();
    world.instead['lambda.invoke'] = () => ({ FunctionError: 'Unhandled', Payload: Buffer.from('{"errorMessage":"five conditional writes"}') });
    await expectRefusal(world, ['freeze', MODEL, '--reason', 'r'], /the freeze function failed, look at status before trying again: five conditional writes/);
  });
});

describe('finding the model', () => {
  it('takes region, profile and endpoint from the options', async () => {
    const world = new CliWorld();
    await world.run('status', MODEL, '--region', 'eu-west-1', '--profile', 'prod', '--endpoint-url', 'http://127.0.0.1:1');
    expect(world.connection).toEqual({ region: 'eu-west-1', profile: 'prod', endpointUrl: 'http://127.0.0.1:1' });
  });

  it('names the models that there are when there is no such model', async () => {
    await expectRefusal(new CliWorld(), ['status', 'chrun'], /there is no model chrun in this account and region; did you mean churn\?; there are churn, fraud/);
    const denied = new CliWorld();
    denied.instead['ssm.getParameter'] = () => fail('AccessDeniedException', 'access denied: ssm:GetParameter is not allowed');
    await expectRefusal(denied, ['status', 'nothing'], /there is no model nothing .*; there are churn, fraud/);
    await expectRefusal(denied, ['status', MODEL], /access denied: ssm:GetParameter is/);
    denied.instead['ssm.getParametersByPath'] = () => fail('AccessDeniedException', 'access denied: ssm:GetParametersByPath is not allowed');
    await expectRefusal(denied, ['status', 'nothing'], /access denied: ssm:GetParameter is/);
    const empty = new CliWorld();
    empty.instead['ssm.getParametersByPath'] = () => ({ Parameters: [] });
    await expectRefusal(empty, ['status', 'nothing'], /there is no model nothing, nor any other, in this account and region; see --region/);
  });

  it('refuses a model of a newer form', async () => {
    const world = new CliWorld();
    world.settings = { ...SETTINGS, form: 2 };
    await expectRefusal(world, ['status', MODEL], /deployed by a newer cdk-ml-pipeline: update this one/);
  });
});

describe('what AWS says no to', () => {
  const error = (name: string, message: string, more = {}): Error => Object.assign(new Error(message), { name, ...more });
  it.each([
    [error('CredentialsProviderError', 'Could not load credentials'), /no AWS credentials: log in, set them in the environment, or give --profile/],
    [error('Error', 'Region is missing'), /no AWS region: give --region/],
    [error('ExpiredTokenException', 'The security token\nis expired'), /AWS does not accept the credentials: The security token is expired/],
    [
      error('AccessDeniedException', 'User: arn:aws:iam::1:user/u is not authorized to perform: states:StartExecution on resource: arn:aws:states:us-east-1:1:stateMachine:D because no identity-based policy allows it'),
      /^access denied: states:StartExecution on arn:aws:states:us-east-1:1:stateMachine:D is not allowed; pipeline.grants.operate\(role\)/,
    ],
    [error('AccessDenied', 'Access Denied'), /^access denied: s3:GetObject is not allowed/],
    [error('Unknown', '', { $metadata: { httpStatusCode: 403 } }), /^access denied: s3:GetObject/],
    [error('Error', 'connect ECONNREFUSED', { code: 'ECONNREFUSED' }), /AWS cannot be reached/],
    [error('ThrottlingException', 'Rate exceeded'), /s3:GetObject failed: ThrottlingException: Rate exceeded/],
  ])('%s is a line that tells what to do', (given, expected) => {
    expect(awsFailure(given, 's3:GetObject').message).toMatch(expected);
    expect(awsFailure(given, 's3:GetObject').code).toBe(given.name);
  });

  it('may pass by itself, or not', () => {
    const passing = (name: string, more = {}): boolean => awsFailure(error(name, 'message', more), 's3:GetObject').passing;
    expect(['ThrottlingException', 'TooManyRequestsException', 'TimeoutError'].map((name) => passing(name))).toEqual([true, true, true]);
    expect(passing('InternalError', { $metadata: { httpStatusCode: 500 } })).toBe(true);
    expect(['ExpiredTokenException', 'AccessDenied', 'ValidationException', 'NoSuchKey'].map((name) => passing(name))).toEqual([false, false, false, false]);
  });
});

test('words longer than a line keep together', () => {
  expect(wrap('a bb arn:aws:something:long c', 8)).toEqual(['a bb', 'arn:aws:something:long', 'c']);
});
