import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import config from '../vitest.config.ts';
import { modulesOf, root } from './support/modules.ts';
import { testSeed } from './support/seed.ts';

/** Functions that may be longer than 70 lines, each with the reason. Only hot loops belong here. */
const longFunctions: Readonly<Record<string, string>> = {};

/** Functions that may take more than four positional parameters, each with the reason. */
const manyParameters: Readonly<Record<string, string>> = {};

const functionLinesMax = 70;
const parametersMax = 4;

/**
 * Words that are no names here: participles used as nouns, and metaphors for things that have a standard term. The
 * glossary (docs/glossary.md) and CONTRIBUTING.md say what to use instead.
 */
const wordsNotUsed = new Set([
  ...[
    'told',
    'tells',
    'untold',
    'asked',
    'asks',
    'asker',
    'askers',
    'asking',
    'taken',
    'takes',
    'standing',
    'standings',
  ],
  ...['given', 'wanted', 'wants', 'wish', 'shown', 'spoken', 'noted', 'begun', 'came', 'gone', 'mended', 'rehearsed'],
  ...['place', 'places', 'placeOf', 'surroundings', 'sight', 'rhythm', 'beat', 'beats', 'beating', 'patience', 'gate'],
  ...['inbox', 'intake', 'rehearsal', 'tail', 'mend', 'world', 'strays', 'dull', 'turn', 'turns'],
  ...[
    'Told',
    'Tells',
    'Asked',
    'Given',
    'Wanted',
    'Surroundings',
    'Place',
    'Sight',
    'Rhythm',
    'Patience',
    'Inbox',
    'Intake',
  ],
]);

interface Fault {
  readonly where: string;
  readonly what: string;
}

const sources = [
  ...modulesOf(['src', 'schema', 'db']).map(({ path }) => path),
  ...modulesOf(['test']).map(({ path }) => path),
].filter((path) => !/generated|migrations|^test\/bench\//.test(path));

const parse = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);

const lineOf = (file: ts.SourceFile, position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;

const nameOf = (node: ts.FunctionLikeDeclaration, file: ts.SourceFile): string => {
  if (node.name) return node.name.getText(file);
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent))
    return parent.name.getText(file);
  return 'anonymous';
};

const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
};

const functionsOf = (file: ts.SourceFile): { name: string; lines: number; parameters: number; line: number }[] => {
  const found: { name: string; lines: number; parameters: number; line: number }[] = [];
  walk(file, (node) => {
    if (!ts.isFunctionLike(node)) return;
    const line = lineOf(file, node.getStart(file));
    const hasBody = 'body' in node && node.body !== undefined;
    const name = nameOf(node as ts.FunctionLikeDeclaration, file);
    const lines = hasBody ? lineOf(file, node.end) - line + 1 : 0;
    found.push({ name, lines, parameters: node.parameters.length, line });
  });
  return found;
};

describe('conventions', () => {
  const files = sources.map((path) => ({ path, file: parse(path) }));
  const program = files.filter(({ path }) => !path.startsWith('test/'));

  it(`keeps every function within ${functionLinesMax} lines`, () => {
    const long: Fault[] = program.flatMap(({ path, file }) =>
      functionsOf(file)
        .filter(({ name, lines }) => lines > functionLinesMax && !(`${path}#${name}` in longFunctions))
        .map(({ name, lines, line }) => ({ where: `${path}:${line}`, what: `${name} has ${lines} lines` })),
    );
    expect(long).toEqual([]);
  });

  it(`gives no function more than ${parametersMax} positional parameters`, () => {
    const wide: Fault[] = program.flatMap(({ path, file }) =>
      functionsOf(file)
        .filter(({ name, parameters }) => parameters > parametersMax && !(`${path}#${name}` in manyParameters))
        .map(({ name, parameters, line }) => ({ where: `${path}:${line}`, what: `${name} takes ${parameters}` })),
    );
    expect(wide).toEqual([]);
  });

  it('names every exception to the limits for a function that exists and needs it', () => {
    const needed = (
      limits: Readonly<Record<string, string>>,
      exceeds: (each: { lines: number; parameters: number }) => boolean,
    ) =>
      Object.keys(limits).filter((key) => {
        const [path = '', name] = key.split('#');
        const entry = program.find((each) => each.path === path);
        return !entry || !functionsOf(entry.file).some((each) => each.name === name && exceeds(each));
      });
    expect(needed(longFunctions, ({ lines }) => lines > functionLinesMax)).toEqual([]);
    expect(needed(manyParameters, ({ parameters }) => parameters > parametersMax)).toEqual([]);
  });

  it('uses no identifier of the list of words that are no standard terms', () => {
    const faults: Fault[] = files.flatMap(({ path, file }) => {
      const found: Fault[] = [];
      walk(file, (node) => {
        if (ts.isIdentifier(node) && wordsNotUsed.has(node.text))
          found.push({ where: `${path}:${lineOf(file, node.getStart(file))}`, what: node.text });
      });
      return found;
    });
    expect(faults).toEqual([]);
  });
});

describe('the tests', () => {
  it('run in npm test or in npm run test:slow, each tier in one of them', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const inScripts = [...`${scripts.test} ${scripts['test:slow']}`.matchAll(/--project (\w+)/g)].map(
      ([, name]) => name,
    );
    const { projects = [] } = config.test ?? {};
    const tiers = projects.map((project) =>
      typeof project === 'object' && 'test' in project ? project.test?.name : project,
    );
    expect(inScripts.sort()).toEqual(tiers.sort());
  });

  it('start from the seed of the environment', () => {
    expect(fc.readConfigureGlobal().seed).toBe(testSeed);
  });
});
