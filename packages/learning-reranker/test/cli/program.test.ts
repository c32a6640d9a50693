import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionScript, wordsOf } from '../../src/cli/commands/completion.js';
import { EXIT, exitCodeOf, failureAsJson, hintFor, UsageError } from '../../src/cli/failure.js';
import { numberWithin, whole } from '../../src/cli/option-values.js';
import { createProgram } from '../../src/cli/program.js';

const program = await createProgram();
const everyCommand = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(everyCommand),
];

/** A command's help as it is printed, what is added after it included. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('every command', () => {
  for (const command of everyCommand(program)) {
    const path = command.name();
    it(`${path} has a description, examples and --json`, () => {
      const help = helpOf(command);
      expect(command.description()).not.toBe('');
      expect(help).toMatch(/\$ reranker|\$ .*reranker/);
      expect(help).toContain('--json');
    });
  }

  it('of the main workflow exists', () => {
    const names = program.commands.map((command) => command.name());
    for (const name of [
      'mine',
      'dataset',
      'losses',
      'train',
      'evaluate',
      'promote',
      'rollback',
      'models',
      'history',
      'rerank',
      'doctor',
      'config',
      'demo',
      'completion',
    ]) {
      expect(names).toContain(name);
    }
  });
});

describe('completion', () => {
  const words = wordsOf(program);

  it('contains commands, subcommands and options', () => {
    expect(words.get('')).toEqual(expect.arrayContaining(['mine', 'train', '--json']));
    expect(words.get('mine')).toEqual(expect.arrayContaining(['code', 'triplets', 'evaluation']));
    expect(words.get('train')).toEqual(expect.arrayContaining(['--loss', '--resume']));
  });

  it('works in bash', () => {
    const complete = (...typed: string[]) => {
      const line = typed.map((word) => `'${word}'`).join(' ');
      const script = `${completionScript('bash', words)}
COMP_WORDS=(${line}); COMP_CWORD=${typed.length - 1}; _reranker; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };
    expect(complete('reranker', 'do')).toBe('doctor');
    expect(complete('reranker', 'mine', 'tri')).toBe('triplets');
    expect(complete('reranker', 'train', '--lo')).toBe('--loss --loss-parameter');
  });

  it('refuses an unknown shell and lists the supported ones', () => {
    expect(() => completionScript('tcsh', words)).toThrow(/bash, zsh or fish/);
  });
});

describe('option values', () => {
  it('outside their range are refused', () => {
    for (const text of ['', 'ten', '1.5', '-1']) expect(() => whole()(text)).toThrow();
    for (const text of ['', 'half', '1.1', '-0.1'])
      expect(() => numberWithin(0, 1)(text)).toThrow();
    expect(whole()('12')).toBe(12);
    expect(numberWithin(0, 1)('0.3')).toBe(0.3);
    expect(() => whole(1)('0')).toThrow(/at least 1/);
  });
});

describe('an error', () => {
  it('exits with 2 for wrong use, 1 for a failure and 130 for Ctrl-C', () => {
    expect(exitCodeOf(new UsageError('x'))).toBe(EXIT.wrongUse);
    expect(exitCodeOf(new Error('x'))).toBe(EXIT.failed);
    expect(exitCodeOf(new DOMException('x', 'AbortError'))).toBe(EXIT.interrupted);
  });

  it('that is unexpected has a hint to use --verbose; an expected one has none', () => {
    expect(hintFor(new TypeError('x is undefined'))).toMatch(/--verbose/);
    expect(hintFor(new UsageError('give a file'))).toBeUndefined();
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(hintFor(full)).toMatch(/disk is full/);
  });

  it('has a name and a message for machines', () => {
    expect(failureAsJson(new UsageError('give a file'))).toEqual({
      error: { name: 'UsageError', message: 'give a file' },
    });
  });
});
