import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands';
import { main } from '../../lib/cli/main';
import { TerminalTimeline } from '../../lib/rehearsal/terminal';
import type { TimelineEvent } from '../../lib/rehearsal/kernel/timeline';

let folder: string;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...argv: string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    environment: {},
    folder,
  });
  return { code, stdout, stderr };
}

/** A user's mistake: exit code 2, one line, no stack trace. */
async function expectMistake(argv: string[], message: RegExp): Promise<void> {
  const { code, stderr } = await run(...argv);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
}

const SCENARIO = `module.exports = { default: { name: 'tiny', start: '2001-02-01T00:00:00Z', milestones: [
  { id: 'topic', title: 'There is a topic', run: async (rehearsal) => {
    await rehearsal.aws('sns', 'Publish', { TopicArn: rehearsal.resource('Topic').ref, Subject: 'hello', Message: 'world' });
    await rehearsal.advance(90);
    return rehearsal.notifications().length + ' message';
  } },
  { id: 'second', title: 'Second', run: async () => SECOND },
  { id: 'third', title: 'Third', run: async () => 'fine' },
] } };`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-test-'));
  const assembly = join(folder, 'assembly');
  mkdirSync(assembly);
  const stack = { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 'Tiny.template.json' } };
  writeFileSync(join(assembly, 'manifest.json'), JSON.stringify({ version: '50.0.0', artifacts: { Tiny: stack } }));
  const Resources = { Topic: { Type: 'AWS::SNS::Topic', Properties: {}, Metadata: { 'aws:cdk:path': 'Tiny/Topic/Resource' } } };
  writeFileSync(join(assembly, 'Tiny.template.json'), JSON.stringify({ Resources }));
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'good.cjs'), SCENARIO.replace('SECOND', "'fine'"));
  writeFileSync(join(folder, 'failing.cjs'), SCENARIO.replace('SECOND', "{ throw new Error('there is no second') }"));
  writeFileSync(join(folder, 'none.cjs'), "module.exports = { default: { name: 'none', start: '2001-02-01T00:00:00Z', milestones: [] } };");
  writeFileSync(join(folder, 'twice.cjs'), "const m = { id: 'a', title: 'A', run() {} }; module.exports = { name: 'x', start: '2001-02-01', milestones: [m, m] };");
  writeFileSync(join(folder, 'late.cjs'), "module.exports = { name: 'x', start: 'soon', milestones: [{}] };");
  writeFileSync(join(folder, 'broken.cjs'), 'module.exports = {');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cdk-ml-pipeline', () => {
  it('prints help and version', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const { name } of COMMANDS) expect(help.stdout).toContain(`\n  ${name} `);
    const rehearse = await run('rehearse', '--help');
    expect(rehearse).toMatchObject({ code: 0, stderr: '' });
    for (const option of ['--app', '--assembly', '--scenario', '--seed', '--json', '--html', '--record', '--quiet']) expect(rehearse.stdout).toContain(option);
    expect(await run('rehearse', '-h')).toMatchObject({ code: 0 });
    expect(await run('--version')).toEqual({ code: 0, stdout: `${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`, stderr: '' });
  });

  it('explains every command with every option, in lines that fit, as the documentation does', async () => {
    const documentation = readFileSync('docs/command-line.md', 'utf8');
    for (const { name, options } of COMMANDS) {
      const { code, stdout } = await run(name, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: cdk-ml-pipeline ${name} `));
      for (const option of Object.keys(options)) expect(stdout).toContain(`--${option}`);
      expect(documentation).toContain(`\`\`\`text\n${stdout}\`\`\``);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it('fails on wrong use of a command on an account before it asks AWS for anything', async () => {
    await expectMistake(['status'], /status needs MODEL; see cdk-ml-pipeline status --help/);
    await expectMistake(['deploy', 'churn'], /deploy needs VERSION/);
    await expectMistake(['deploy', 'churn', '3', '4'], /unexpected argument 4/);
    for (const version of ['x', '0', '1.5', '-1']) await expectMistake(['deploy', 'churn', '--', version], /VERSION must be an integer from 1/);
    await expectMistake(['rollback', 'churn', '--to', 'last'], /--to must be an integer/);
    await expectMistake(['history', 'churn', '--limit', '0'], /--limit must be an integer from 1 to 100000, got 0/);
    await expectMistake(['history', 'churn', '--workflow', 'deploy'], /--workflow must be one of training, deployment, .*, got deploy/);
    await expectMistake(['freeze', 'churn'], /freeze needs --reason/);
    await expectMistake(['status', 'churn', '--scenario', 'x'], /unknown option --scenario; see cdk-ml-pipeline status --help/);
    await expectMistake(['status', 'churn', '--json=x'], /option --json takes no value/);
  });

  it('fails on wrong use with one line and exit code 2', async () => {
    const needed = ['--assembly', 'assembly', '--scenario', 'good.cjs'];
    await expectMistake([], /no command given/);
    await expectMistake(['rehearze'], /unknown command rehearze; did you mean rehearse\?/);
    await expectMistake(['xyzzyplugh'], /unknown command xyzzyplugh; see/);
    await expectMistake(['--scenario', 'x'], /the command comes first/);
    await expectMistake(['rehearse', '--scenaro', 'x'], /unknown option --scenaro; did you mean --scenario\?/);
    await expectMistake(['rehearse', 'now', ...needed], /unexpected argument now/);
    await expectMistake(['rehearse', '--scenario', 'good.cjs'], /needs --app or --assembly/);
    await expectMistake(['rehearse', ...needed, '--app', 'true'], /either --app or --assembly/);
    await expectMistake(['rehearse', '--assembly', 'assembly'], /needs --scenario/);
    await expectMistake(['rehearse', '--assembly', '--scenario', 'good.cjs'], /option --assembly needs a value/);
    await expectMistake(['rehearse', ...needed, '--quiet=yes'], /option --quiet takes no value/);
    for (const seed of ['x', '-1', '1.5', '4294967296']) await expectMistake(['rehearse', ...needed, `--seed=${seed}`], /--seed must be an integer from 0 to 4294967295/);
  });

  it('fails on files that are missing or not what they should be', async () => {
    const with_ = (assembly: string, scenario: string): string[] => ['rehearse', '--assembly', assembly, '--scenario', scenario];
    await expectMistake(with_('nowhere', 'good.cjs'), /the assembly nowhere does not exist/);
    await expectMistake(with_('empty', 'good.cjs'), /no manifest\.json/);
    await expectMistake(with_('assembly', 'nowhere.ts'), /the scenario nowhere\.ts does not exist/);
    await expectMistake(with_('assembly', 'none.cjs'), /none\.cjs is no scenario: it has no milestones/);
    await expectMistake(with_('assembly', 'twice.cjs'), /milestone id a is used twice/);
    await expectMistake(with_('assembly', 'late.cjs'), /start must be an ISO time/);
    await expectMistake(with_('assembly', 'broken.cjs'), /broken\.cjs cannot be loaded/);
    await expectMistake([...with_('assembly', 'good.cjs'), '--html', 'empty'], /it is a folder/);
  });

  it('fails when the app fails, with what the app said', async () => {
    const { code, stderr } = await run('rehearse', '--app', 'echo the app is ill >&2; exit 3', '--scenario', 'good.cjs');
    expect(code).toBe(2);
    expect(stderr).toMatch(/the app failed \(exit code 3\)[\s\S]*the app is ill/);
    await expectMistake(['rehearse', '--app', 'true', '--scenario', 'good.cjs'], /wrote no cloud assembly/);
  });

  it('rehearses, writes what was asked for, and says how it went', async () => {
    const files = ['--json', 'out/summary.json', '--html', 'out/report.html', '--record', 'out/record.jsonl'];
    const { code, stdout, stderr } = await run('rehearse', '--assembly', 'assembly', '--scenario', 'good.cjs', '--seed', '7', ...files);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('✓ reached: 1 message');
    expect(stdout).toContain('3 of 3 milestones reached');
    expect(stdout).not.toContain('\u001b');
    const summary = JSON.parse(readFileSync(join(folder, 'out/summary.json'), 'utf8'));
    expect(summary).toMatchObject({
      seed: 7,
      virtualSeconds: 5400,
      milestones: [{ id: 'topic', ok: true, detail: '1 message' }, { id: 'second', ok: true }, { id: 'third', ok: true }],
      executions: [],
      modelPackages: [],
      alarms: [],
      requests: { total: 1, schemaErrors: 0, denied: 0 },
    });
    const [record] = readFileSync(join(folder, 'out/record.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(record!)).toMatchObject({ service: 'sns', operation: 'Publish', input: { Subject: 'hello' }, status: 200, error: null });
    expect(readFileSync(join(folder, 'out/report.html'), 'utf8')).toContain('Rehearsal of tiny');
  });

  it('fails with exit code 1 when a milestone was not reached, and does not try those after it', async () => {
    const { code, stdout, stderr } = await run('rehearse', '--assembly', 'assembly', '--scenario', 'failing.cjs', '--quiet', '--json', 'out/failed.json');
    expect(code).toBe(1);
    expect(stderr).toBe('milestone second failed: Error: there is no second\n');
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const { milestones } = JSON.parse(readFileSync(join(folder, 'out/failed.json'), 'utf8'));
    expect(milestones.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, false, false]);
    expect(milestones[2].detail).toBe('not reached: second failed');
  });
});

describe('terminal timeline', () => {
  const event = (kind: TimelineEvent['kind'], status: string, message: string): TimelineEvent => ({ time: 0, kind, subject: 'thing', status, message });
  const show = (options: { isTTY: boolean; colour: boolean }, ...events: TimelineEvent[]): string => {
    let text = '';
    const terminal = new TerminalTimeline({ output: { write: (part) => (text += part), isTTY: options.isTTY, columns: 60 }, colour: options.colour, now: () => 0 });
    events.forEach((each) => terminal.show(each));
    terminal.end();
    return text;
  };
  const story = [
    event('milestone', 'STARTED', 'First'),
    event('state', 'RUNNING', 'entered Train'),
    event('alarm', 'OK', 'INSUFFICIENT_DATA → OK: fine'),
    event('alarm', 'ALARM', 'OK → ALARM: drifted far more than sixty columns of a terminal could ever hold'),
    event('milestone', 'FAILED', 'no'),
  ];

  it('is plain lines when it is no terminal', () => {
    const text = show({ isTTY: false, colour: false }, ...story);
    expect(text).not.toMatch(/[\u001b\r]/);
    expect(text).toContain('could ever hold');
    expect(text).not.toMatch(/Train|fine/);
    expect(text).toContain('✗ failed: no');
  });

  it('has one live line on a terminal, removed at the end, and lines that fit', () => {
    const text = show({ isTTY: true, colour: false }, ...story);
    expect(text).toContain('\r\u001b[K');
    expect(text).not.toMatch(/\u001b\[\d+m/);
    for (const line of text.split(/\n|\r\u001b\[K/).filter((each) => !each.includes('milestone'))) expect(line.length).toBeLessThanOrEqual(60);
  });

  it('has colours only when asked for', () => {
    expect(show({ isTTY: true, colour: true }, ...story)).toContain('\u001b[31m');
  });
});
