import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Module, modulesOf, root } from './support/modules.ts';

const modules = modulesOf(['src', 'schema', 'db']);

/** Who may import whom, the upper the later. `types` are rooms of which nothing may be there at run time. */
const rooms: { name: string; files: RegExp; may: string[]; types?: string[] }[] = [
  { name: 'errors', files: /^src\/errors\.ts$/, may: [], types: ['lib'] },
  { name: 'lib', files: /^src\/lib\//, may: ['errors'] },
  { name: 'clock', files: /^src\/(clock|version)\.ts$/, may: [] },
  { name: 'config', files: /^src\/config\.ts$/, may: ['lib', 'errors'] },
  { name: 'tables', files: /^db\/tables\//, may: [] },
  { name: 'store types', files: /^db\/store\.ts$/, may: [], types: ['tables'] },
  {
    name: 'engine',
    files: /^db\/(open|sqlite[\w-]*|ledger-tables)\.ts$/,
    may: ['errors', 'tables'],
    types: ['store types'],
  },
  { name: 'dataset types', files: /^db\/dataset-tables\.ts$/, may: [], types: ['lib'] },
  {
    name: 'dataset engine',
    files: /^db\/datasets\//,
    may: ['errors', 'lib', 'sources'],
    types: ['dataset types'],
  },
  { name: 'sources', files: /^src\/sources\//, may: ['lib', 'errors'] },
  { name: 'indices', files: /^src\/indices\//, may: ['lib', 'errors'], types: ['store types'] },
  {
    name: 'domains',
    files: /^src\/domains(\/|\.ts$)/,
    may: ['indices', 'sources', 'lib', 'errors', 'tables', 'dataset types'],
    types: ['store types', 'config'],
  },
  { name: 'context', files: /^src\/context\.ts$/, may: ['lib'], types: ['domains', 'config', 'clock', 'indices'] },
  {
    name: 'schema',
    files: /^schema\//,
    may: ['lib', 'errors', 'dataset types'],
    types: ['context', 'domains', 'config', 'indices'],
  },
  { name: 'web', files: /^src\/web\//, may: ['lib', 'errors'], types: ['config', 'indices', 'rest'] },
  {
    name: 'rest',
    files: /^src\/rest\//,
    may: ['web', 'domains', 'lib', 'errors'],
    types: ['context', 'config', 'indices', 'dataset types'],
  },
  {
    name: 'graphql',
    files: /^src\/graphql[\w-]*\.ts$/,
    may: ['schema', 'context', 'web', 'errors'],
    types: ['config', 'domains', 'indices', 'lib'],
  },
  {
    name: 'app',
    files: /^src\/app\.ts$/,
    may: ['graphql', 'rest', 'web', 'context', 'domains', 'indices', 'engine', 'dataset engine', 'clock', 'config'],
    types: ['store types'],
  },
  { name: 'demo', files: /^src\/demo\//, may: ['lib', 'errors'], types: ['domains', 'app'] },
  {
    name: 'commands',
    files: /^src\/(cli|serve)[\w/-]*\.ts$/,
    may: [
      'app',
      'demo',
      'rest',
      'web',
      'domains',
      'indices',
      'engine',
      'dataset engine',
      'clock',
      'config',
      'lib',
      'errors',
    ],
    types: ['store types', 'dataset types'],
  },
  { name: 'entries', files: /^src\/(main|cli)\.ts$/, may: ['commands', 'config'] },
];

const roomOf = (path: string): string => {
  const found = rooms.filter(({ files }) => files.test(path)).at(-1);
  if (!found) throw new Error(`${path} stands in no room of the design`);
  return found.name;
};

describe('architecture', () => {
  it.each(modules.map((module) => [module.path, module] as const))('%s imports only what it may', (path, module) => {
    const room = rooms.find(({ name }) => name === roomOf(path));
    const strays = module.imports
      .filter(({ ours }) => ours)
      .filter(({ target, typeOnly }) => {
        const other = roomOf(target);
        return other !== room?.name && !room?.may.includes(other) && !(typeOnly && room?.types?.includes(other));
      });
    expect(strays).toEqual([]);
  });

  it('has no import circles, not even of types', () => {
    const byPath = new Map(modules.map((module) => [module.path, module]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (module: Module, trail: string[]): void => {
      if (trail.includes(module.path)) {
        circles.push([...trail.slice(trail.indexOf(module.path)), module.path].join(' -> '));
        return;
      }
      if (done.has(module.path)) return;
      for (const { target, ours } of module.imports) {
        const next = ours ? byPath.get(target) : undefined;
        if (next) visit(next, [...trail, module.path]);
      }
      done.add(module.path);
    };
    for (const module of modules) visit(module, []);
    expect(circles).toEqual([]);
  });

  it('reads the environment and the arguments in the entries only', () => {
    const readers = modules.filter(({ text }) => /process\s*\.\s*(env|argv)/.test(text)).map(({ path }) => path);
    expect(readers.filter((path) => roomOf(path) !== 'entries')).toEqual([]);
  });

  it('lets GraphQL into the GraphQL face only, and the engine into db only', () => {
    const importers = (pattern: RegExp) =>
      modules
        .filter(({ imports }) => imports.some(({ ours, target }) => !ours && pattern.test(target)))
        .map(({ path }) => path);
    expect(
      importers(/^(graphql|graphql-.*|@pothos\/.*|@graphql-.*|dataloader)$/).filter(
        (path) => !/^(schema|graphql|context|web)$/.test(roomOf(path)),
      ),
    ).toEqual([]);
    expect(importers(/^better-sqlite3$/).filter((path) => !/^(dataset )?engine$/.test(roomOf(path)))).toEqual([]);
  });

  it('registers every file of the schema in its list', () => {
    const list = readFileSync(join(root, 'schema/schema.ts'), 'utf8');
    const files = readdirSync(join(root, 'schema')).filter((name) => name.endsWith('.ts'));
    const reachable = new Set(['schema.ts', ...[...list.matchAll(/'\.\/([\w-]+\.ts)'/g)].map(([, name]) => name)]);
    const helpers = ['live.ts', 'page.ts'];
    expect(files.filter((name) => !reachable.has(name) && !helpers.includes(name))).toEqual([]);
  });

  it('keeps files short enough to read', () => {
    const long = modules
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > 320);
    expect(long).toEqual([]);
  });
});
