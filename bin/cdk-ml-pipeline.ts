#!/usr/bin/env node
import { main } from '../lib/cli/main';

void main(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, environment: process.env, folder: process.cwd() }).then((code) => {
  process.exitCode = code;
});
