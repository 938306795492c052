import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './user-error';

const METADATA = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };

/**
 * Runs the command of a CDK app as the CDK's command line would: output folder and context in its environment
 * (aws-cdk `cxapp/exec.ts`: CDK_OUTDIR, CDK_CONTEXT_JSON).
 *
 * @param context what `--context` would add to that of cdk.json
 * @throws UserError with the app's last words
 */
export async function synthesize(app: string, folder: string, output: string, context: Record<string, unknown> = {}): Promise<void> {
  const child = spawn(app, {
    cwd: folder,
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Paths and assets in the template's metadata: the rehearsal finds resources by construct path.
    env: { ...process.env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify({ ...METADATA, ...readContext(folder), ...context }) },
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-20_000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const status = await new Promise<number | null>((done) => child.once('close', done));
  if (status !== 0) throw new UserError(`the app failed (exit code ${status}): ${app}\n${said.trimEnd()}`);
  if (!existsSync(join(output, 'manifest.json'))) throw new UserError(`the app wrote no cloud assembly: ${app} (does it call app.synth(), and leave outdir alone?)`);
}

/** `context` of cdk.json, overlaid with cdk.context.json, as `cdk synth` does. */
function readContext(folder: string): Record<string, unknown> {
  const project = readJson(join(folder, 'cdk.json')) as { context?: Record<string, unknown> };
  return { ...project.context, ...readJson(join(folder, 'cdk.context.json')) };
}

function readJson(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new UserError(`${file} is no JSON: ${(error as Error).message}`);
  }
}
