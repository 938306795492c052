import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseYamlOrJson } from '../private/bundled';
import { type Problem, ProblemList } from '../private/problem-list';
import { readContractDocument } from './contract-document';
import { type ContractDocument } from './data-contract.contract';

export interface ContractFile {
  /** Absent when there are problems. */
  readonly document: ContractDocument | undefined;
  readonly problems: readonly Problem[];
}

/** Reads a data contract in YAML or JSON. Knows no CDK: the command line reads contracts too. */
export function readContractFile(path: string): ContractFile {
  const fileName = basename(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refused({ code: 'ContractFileUnreadable', path, value: code, rule: 'must be a readable file', fix: 'check the path; it is relative to the current folder' });
  }
  const parsed = parseYamlOrJson(text, fileName);
  if (parsed.errors.length > 0) {
    return refused(
      ...parsed.errors.map((error) => ({
        code: 'ContractFileSyntax',
        path: `${fileName}:${error.line}:${error.column}`,
        value: text.split('\n')[error.line - 1]?.trim(),
        rule: error.message.replace(/^\S+: /, ''),
        fix: 'correct the YAML or JSON',
      })),
    );
  }
  const problems = new ProblemList();
  const document = readContractDocument(parsed.value, problems, (steps) => `${fileName}:${parsed.locate(steps).line} ${written(steps)}`);
  return { document, problems: problems.all };
}

function refused(...problems: readonly Problem[]): ContractFile {
  return { document: undefined, problems };
}

/** `['columns', 3, 'type']` → `columns[3].type` */
export function written(steps: readonly (string | number)[]): string {
  return steps.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('') || 'contract';
}
