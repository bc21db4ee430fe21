import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../docs/reference.ts';
import { commands } from '../src/cli/commands.ts';
import { settings } from '../src/config.ts';
import { errorCodes } from '../src/errors.ts';
import { routeList } from '../src/rest/routes.ts';
import { stepsOf } from './support/docs/page.ts';
import { modulesOf, root } from './support/modules.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
];
const documents = [...pages, 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];

/** The blocks that no test runs, each with the reason that its page gives. */
const blocksNotRun = [
  'docs/guide/datasets.md: needs a file on the internet',
  'docs/guide/user-files.md: needs Docker',
  'docs/operations/archive.md: needs a bucket',
  'docs/operations/archive.md: needs the DuckDB command',
  'docs/operations/backup.md: needs a bucket',
  'docs/operations/backup.md: needs Litestream',
  'docs/operations/backup.md: needs Litestream',
  'docs/operations/clickhouse.md: needs ClickHouse',
  'docs/operations/clickhouse.md: needs ClickHouse',
  'docs/operations/clickhouse.md: needs ClickHouse',
  'docs/operations/clickhouse.md: needs ClickHouse',
  'docs/operations/clickhouse.md: needs ClickHouse',
  'docs/operations/deployment.md: needs Docker',
  'docs/operations/deployment.md: needs an account',
];

/** The anchors that GitHub gives the headings of a page. */
const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the reference', () => {
  const pages = referencePages();
  const contentOf = (name: string) => pages.find(({ path }) => path === `docs/reference/${name}.md`)?.content ?? '';

  it('the stored reference pages match the output of the program', () => {
    for (const { path, content } of pages) expect(read(path), path).toBe(content);
  });

  it('the reference names every setting, error code, route and command', () => {
    for (const { variable } of settings) expect(contentOf('settings')).toContain(`\`${variable}\``);
    for (const { code } of errorCodes) expect(contentOf('errors')).toContain(`\`${code}\``);
    for (const { path } of routeList) expect(contentOf('rest')).toContain(path);
    expect(commands.length).toBe([...contentOf('commands').matchAll(/^## `asof /gm)].length);
  });
});

describe('the pages', () => {
  it('the README has at most 120 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(121);
  });

  it('every block is run, except those that a test cannot run', () => {
    const notRun = pages.flatMap((page) =>
      stepsOf(read(page)).flatMap((step) => (step.kind === 'block' && step.notRun ? `${page}: ${step.notRun}` : [])),
    );
    expect(notRun).toEqual(blocksNotRun);
  });

  it('a test runs every page that has blocks', () => {
    const withBlocks = pages.filter((page) => stepsOf(read(page)).length > 0);
    expect(withBlocks.filter((page) => !/^(README\.md|docs\/(guide|operations)\/)/.test(page))).toEqual([]);
  });

  it('links lead only to files and headings that exist', () => {
    const broken = documents.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(#[^)]*)?\)/g)].flatMap(([link, target = '', heading]) => {
        const path = target === '' ? join(root, page) : join(root, dirname(page), target);
        if (!existsSync(path)) return [`${page}: ${link}`];
        return heading === undefined || anchorsOf(path).includes(heading.slice(1)) ? [] : [`${page}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('pages name only files and folders that exist', () => {
    const named = /`((?:src|db|schema|test|docs|examples)\/[\w./-]+|[\w-]+\.(?:md|toml|yaml|yml|ts))`/g;
    const missing = documents.flatMap((page) =>
      [...read(page).matchAll(named)].flatMap(([, path = '']) =>
        existsSync(join(root, path)) ? [] : [`${page}: ${path}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it('pages name only scripts of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const missing = documents.flatMap((page) =>
      [...read(page).matchAll(/npm run (?:-s )?([\w:]+)/g)].flatMap(([, name = '']) =>
        name in scripts ? [] : [`${page}: ${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });
});

it('every promise names a test that exists', () => {
  const rows = [...read('docs/explanation/promises.md').matchAll(/^\| .+ \| `(test\/[\w./-]+)`: (.+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const missing = rows.filter(([, file = '', title = '']) => {
    const path = join(root, file);
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${title}'`);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
});

describe('the decisions', () => {
  const files = readdirSync(join(root, 'docs/decisions')).filter((name) => name !== 'README.md');

  it('the decisions are numbered without gaps', () => {
    const numbers = files.sort().map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);
    expect(numbers).toEqual(files.map((_name, index) => String(index + 1).padStart(4, '0')));
  });

  it.each(files)('the decision %s has a status and a date', (name) => {
    expect(read(`docs/decisions/${name}`)).toMatch(
      /^# \d+\. .+\n\n\*\*Status\*\*: (accepted|superseded by \[.+), \d{4}-\d\d-\d\d\n/,
    );
  });

  it.each(files)('the decision %s is in the index with its title', (name) => {
    const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(`docs/decisions/${name}`)) ?? [];
    expect(read('docs/decisions/README.md')).toContain(`| ${number} | [${title}](${name}) |`);
  });
});

it('the program throws only listed error codes, and every listed code is used', () => {
  const listed = new Set<string>(errorCodes.map(({ code }) => code));
  const texts = modulesOf(['src', 'schema', 'db'])
    .filter(({ path }) => path !== 'src/errors.ts')
    .map(({ text }) => text);
  const thrown = texts.flatMap((text) =>
    [...text.matchAll(/DomainError\(\s*'([A-Z_]+)'/g)].map(([, code = '']) => code),
  );
  expect(thrown.filter((code) => !listed.has(code))).toEqual([]);
  const mentioned = texts.join('\n');
  expect([...listed].filter((code) => !new RegExp(`'${code}'`).test(mentioned))).toEqual([]);
});

it('messages name only existing settings', () => {
  const names = new Set<string>(settings.map(({ name }) => name));
  const named = modulesOf(['src', 'schema', 'db']).flatMap(({ text }) =>
    [...text.matchAll(/\(setting (\w+)\)/g)].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
});
