import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modulesOf, root } from './support/modules.ts';

const modules = modulesOf(['src', 'schema', 'db']);

/** A part of the tree, what it may import at run time, and what it may name in types only. */
interface Unit {
  readonly name: string;
  readonly files: RegExp;
  readonly may: readonly string[];
  readonly types?: readonly string[];
}

const domainBase = ['ledger', 'indices', 'sources', 'lib', 'errors', 'tables', 'dataset engine types'];

/** A domain's folder: what every domain may use, and these other domains. */
const domain = (name: string, others: readonly string[] = []): Unit => ({
  name: `domains/${name}`,
  files: new RegExp(`^src/domains/${name}(/|\\.ts$)`),
  may: [...domainBase, ...others.map((other) => `domains/${other}`)],
  types: ['store types'],
});

/** Lower units first: a unit imports only what stands above it in this list. */
const units: readonly Unit[] = [
  { name: 'errors', files: /^src\/errors\.ts$/, may: [] },
  { name: 'version', files: /^src\/version\.ts$/, may: [] },
  { name: 'lib', files: /^src\/lib\//, may: ['errors'] },
  { name: 'config', files: /^src\/(config\.ts$|settings\/)/, may: ['lib', 'errors'] },
  { name: 'tables', files: /^db\/tables\//, may: [], types: ['lib'] },
  { name: 'store types', files: /^db\/(store|tx|ledger-archive)\.ts$/, may: [], types: ['tables', 'lib', 'errors'] },
  { name: 'duckdb library', files: /^db\/datasets\/duckdb-library\.ts$/, may: [] },
  { name: 'segment files', files: /^db\/segments\//, may: ['errors', 'lib', 'duckdb library'] },
  {
    name: 'store',
    files: /^db\/(open\.ts|sqlite\/)/,
    may: ['errors', 'lib', 'tables', 'segment files'],
    types: ['store types'],
  },
  { name: 'sources', files: /^src\/sources\//, may: ['lib', 'errors'] },
  {
    name: 'dataset engine types',
    files: /^db\/datasets\/((sql\/)?engine|build-observer)\.ts$/,
    may: [],
    types: ['lib', 'errors'],
  },
  {
    name: 'dataset engine',
    files: /^db\/datasets\/(?!((sql\/)?engine|build-observer|duckdb-library)\.ts)/,
    may: ['errors', 'lib', 'sources', 'duckdb library'],
    types: ['dataset engine types'],
  },
  { name: 'indices', files: /^src\/indices\//, may: ['lib', 'errors'] },
  { name: 'ledger', files: /^src\/ledger\//, may: ['indices', 'lib', 'errors'], types: ['store types', 'sources'] },
  domain('api-keys'),
  domain('changes'),
  domain('health', ['changes']),
  domain('users'),
  domain('user-status', ['users']),
  domain('excluded-users', ['users']),
  domain('ip-city'),
  domain('facts', ['users', 'user-status']),
  domain('transactions', ['facts', 'ip-city', 'users', 'user-status']),
  domain('experiments', ['facts', 'users', 'user-status']),
  domain('monitor', ['excluded-users', 'experiments', 'facts', 'users', 'user-status']),
  domain('conversations'),
  domain('user-directory', ['users', 'user-status']),
  domain('imports'),
  domain('user-sync', ['imports', 'user-directory', 'users']),
  domain('datasets', ['imports']),
  domain('erasure', ['imports', 'datasets']),
  domain('uploads', ['imports', 'datasets']),
  domain('sql', ['datasets', 'excluded-users', 'facts', 'users', 'user-status']),
  domain('alerts', ['experiments', 'imports', 'monitor', 'uploads']),
  {
    name: 'clickhouse',
    files: /^db\/clickhouse\//,
    may: ['tables', 'ledger', 'lib', 'errors', 'domains/facts', 'domains/conversations'],
    types: ['store types', 'domains/monitor'],
  },
  {
    name: 'import targets',
    files: /^src\/import-targets\.ts$/,
    may: [
      'user-status',
      'ip-city',
      'transactions',
      'users',
      'experiments',
      'excluded-users',
      'user-sync',
      'datasets',
    ].map((name) => `domains/${name}`),
    types: ['lib'],
  },
  {
    name: 'record importers',
    files: /^src\/record-importers\.ts$/,
    may: ['domains/*'],
    types: ['store types', 'config'],
  },
  {
    name: 'import thread',
    files: /^src\/import-thread\.ts$/,
    may: ['lib', 'errors'],
    types: ['config', 'domains/imports'],
  },
  {
    name: 'import worker',
    files: /^src\/import-worker\.ts$/,
    may: ['record importers', 'domains/imports', 'store', 'lib', 'errors'],
    types: ['import thread', 'ledger'],
  },
  {
    name: 'reading thread',
    files: /^src\/reading-thread\.ts$/,
    may: ['domains/imports', 'lib'],
    types: ['config'],
  },
  {
    name: 'reading worker',
    files: /^src\/reading-worker\.ts$/,
    may: ['domains/imports', 'domains/experiments'],
    types: ['reading thread'],
  },
  {
    name: 'domains',
    files: /^src\/(domains|fact-knowledge)\.ts$/,
    may: [
      ...['domains/*', 'import targets', 'import thread', 'reading thread', 'record importers'],
      ...['ledger', 'sources', 'lib'],
    ],
    types: ['store types', 'dataset engine types', 'config'],
  },
  {
    name: 'backup',
    files: /^src\/backup\//,
    may: ['store', 'sources', 'lib', 'errors'],
    types: ['store types'],
  },
  {
    name: 'archive',
    files: /^src\/archive\//,
    may: ['backup', 'store', 'lib', 'errors'],
    types: ['store types'],
  },
  {
    name: 'context',
    files: /^src\/context\.ts$/,
    may: ['lib'],
    types: ['domains', 'domains/api-keys', 'config', 'ledger'],
  },
  {
    name: 'schema',
    files: /^schema\//,
    may: ['import targets', 'lib', 'errors', 'dataset engine types'],
    types: ['context', 'domains/*', 'config', 'ledger'],
  },
  {
    name: 'telemetry',
    files: /^src\/telemetry\//,
    may: ['lib'],
    types: ['context', 'domains', 'domains/*', 'config', 'ledger', 'store types'],
  },
  { name: 'http', files: /^src\/http\//, may: ['lib', 'errors'], types: ['config'] },
  {
    name: 'rest',
    files: /^src\/rest\//,
    may: ['http', 'domains/*', 'lib', 'errors'],
    types: ['context', 'config', 'ledger', 'dataset engine types'],
  },
  {
    name: 'graphql',
    files: /^src\/graphql\//,
    may: ['schema', 'context', 'http', 'lib', 'errors'],
    types: ['config', 'domains/*', 'ledger'],
  },
  { name: 'web', files: /^src\/web\/[^/]+\.ts$/, may: ['http'] },
  // Built on its own for browsers: from the server it has nothing but what codegen makes of the schema.
  { name: 'web ui', files: /^src\/web\/ui\//, may: [] },
  { name: 'codegen', files: /^src\/codegen\//, may: ['schema', 'errors'] },
  {
    name: 'mcp',
    files: /^src\/mcp\//,
    may: ['graphql', 'schema', 'http', 'lib', 'errors'],
    types: ['config', 'domains/*'],
  },
  {
    name: 'app',
    files: /^src\/(app|facts-place)\.ts$/,
    may: ['graphql', 'mcp', 'rest', 'web', 'http', 'telemetry', 'context', 'domains', 'domains/*', 'ledger'].concat([
      'store',
      'dataset engine',
      'clickhouse',
      'version',
      'config',
      'lib',
    ]),
    types: ['store types'],
  },
  { name: 'demo', files: /^src\/demo\//, may: ['lib', 'errors'], types: ['domains', 'domains/*', 'app'] },
  {
    name: 'cli',
    files: /^src\/cli\//,
    may: [
      'app',
      'archive',
      'backup',
      'telemetry',
      'codegen',
      'graphql',
      'mcp',
      'demo',
      'rest',
      'http',
      'domains',
      'domains/*',
      'ledger',
    ].concat(['store', 'dataset engine', 'clickhouse', 'import targets', 'version', 'config', 'lib', 'errors']),
    types: ['store types', 'dataset engine types'],
  },
  { name: 'entries', files: /^src\/(main|cli)\.ts$/, may: ['cli', 'config'] },
];

const unitOf = (path: string): Unit => {
  const unit = units.find(({ files }) => files.test(path));
  if (!unit) throw new Error(`${path} belongs to no unit of the list above: add it there`);
  return unit;
};

const allows = (list: readonly string[] | undefined, name: string): boolean =>
  list?.some((entry) => entry === name || (entry === 'domains/*' && name.startsWith('domains/'))) ?? false;

/** Strongly connected groups of a graph with more than one member: each is an import circle. */
const circlesOf = (graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] => {
  const reachable = (from: string): Set<string> => {
    const seen = new Set<string>();
    const stack = [from];
    for (let node = stack.pop(); node !== undefined; node = stack.pop())
      for (const next of graph.get(node) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        stack.push(next);
      }
    return seen;
  };
  const reach = new Map([...graph.keys()].map((node) => [node, reachable(node)]));
  const circles = new Map<string, string[]>();
  for (const [node, seen] of reach) {
    if (!seen.has(node)) continue;
    const circle = [...seen].filter((other) => reach.get(other)?.has(node)).sort();
    circles.set(circle.join(), circle);
  }
  return [...circles.values()];
};

/** Folders whose files are read as one thing: a domain in a column. Files beside them stand for themselves. */
const folderOf = (path: string): string => {
  const parts = path.split('/');
  if (parts.length === 2 || /^(src\/(domains|rest|cli))$/.test(parts.slice(0, -1).join('/'))) return path;
  return parts.slice(0, -1).join('/');
};

describe('architecture', () => {
  it.each(modules.map((module) => [module.path, module] as const))('%s imports only what it may', (path, module) => {
    const unit = unitOf(path);
    const forbidden = module.imports
      .filter(({ ours }) => ours)
      .filter(({ target, typeOnly }) => {
        const { name } = unitOf(target);
        return name !== unit.name && !allows(unit.may, name) && !(typeOnly && allows(unit.types, name));
      });
    expect(forbidden).toEqual([]);
  });

  it('lists every unit below the units it may import', () => {
    const names = units.map(({ name }) => name);
    const upward = units.flatMap(({ name, may, types = [] }, index) =>
      [...may, ...types]
        .filter((other) => other !== 'domains/*' && names.indexOf(other) >= index)
        .map((other) => `${name} -> ${other}`),
    );
    expect(upward).toEqual([]);
    const unknown = units.flatMap(({ may, types = [] }) =>
      [...may, ...types].filter((other) => other !== 'domains/*' && !names.includes(other)),
    );
    expect(unknown).toEqual([]);
  });

  it('has no import circle between files, not even of types', () => {
    const graph = new Map(
      modules.map(({ path, imports }) => [
        path,
        new Set(imports.filter(({ ours }) => ours).map(({ target }) => target)),
      ]),
    );
    expect(circlesOf(graph)).toEqual([]);
  });

  it('has no import circle between folders, not even of types', () => {
    const graph = new Map<string, Set<string>>();
    for (const { path, imports } of modules) {
      const folder = folderOf(path);
      const targets = graph.get(folder) ?? new Set();
      for (const { target, ours } of imports) if (ours && folderOf(target) !== folder) targets.add(folderOf(target));
      graph.set(folder, targets);
    }
    expect(circlesOf(graph)).toEqual([]);
  });

  it('reads the environment and the arguments in the entries only', () => {
    const readers = modules.filter(({ text }) => /process\s*\.\s*(env|argv)/.test(text)).map(({ path }) => path);
    expect(readers.filter((path) => unitOf(path).name !== 'entries')).toEqual([]);
  });

  it('lets GraphQL into the GraphQL face and its client only, and the engine into db only', () => {
    const importers = (pattern: RegExp) =>
      modules
        .filter(({ imports }) => imports.some(({ ours, target }) => !ours && pattern.test(target)))
        .map(({ path }) => path);
    expect(
      importers(/^(graphql|graphql-.*|@pothos\/.*|@graphql-.*|dataloader)$/).filter(
        (path) => !/^(schema|graphql|codegen|context|web ui)$/.test(unitOf(path).name),
      ),
    ).toEqual([]);
    expect(importers(/^better-sqlite3$/).filter((path) => !/^(store|dataset engine)$/.test(unitOf(path).name))).toEqual(
      [],
    );
  });

  it('registers every file of the schema in its list', () => {
    const list = readFileSync(join(root, 'schema/schema.ts'), 'utf8');
    const files = readdirSync(join(root, 'schema'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const reachable = new Set(['schema.ts', ...[...list.matchAll(/'\.\/([\w/-]+\.ts)'/g)].map(([, name]) => name)]);
    const helpers = ['connection.ts', 'live.ts', 'page.ts', 'snapshot.ts', 'user-status/status-in-batch.ts'];
    expect(files.filter((name) => !reachable.has(name) && !helpers.includes(name))).toEqual([]);
  });

  it('keeps files short enough to read', () => {
    const long = modules
      .filter(({ path }) => !path.includes('/generated/'))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });
});
