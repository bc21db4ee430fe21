import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { referenceSections, withSections } from '../docs/reference.ts';
import { commands } from '../src/cli/commands.ts';
import { settings } from '../src/config.ts';
import { errorCodes } from '../src/errors.ts';
import { routeList } from '../src/rest/routes.ts';
import { demoApp } from './support/demo-app.ts';
import { modulesOf, root } from './support/modules.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');

describe('the README', () => {
  it('has its tables as the program prints them', () => {
    expect(withSections(readme, referenceSections())).toBe(readme);
  });

  it('names every setting, error code, route and command', () => {
    for (const { environment } of settings) expect(readme).toContain(`\`${environment}\``);
    for (const { code } of errorCodes) expect(readme).toContain(`\`${code}\``);
    for (const { path } of routeList) expect(readme).toContain(path);
    expect(commands.length).toBe([...readme.matchAll(/^\| `asof /gm)].length);
  });

  it('shows answers that the demo world gives', async () => {
    const app = await demoApp();
    onTestFinished(app.close);
    const [first, second] = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text));
    const [query = ''] = [...readme.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(await app.query(query)).toEqual(first);
    const body = /-d '(\{"query".*\})'/.exec(readme)?.[1] ?? '';
    expect(await app.query((JSON.parse(body) as { query: string }).query)).toEqual(second);
  });

  it('links only to what is there', () => {
    for (const file of ['README.md', 'CONTRIBUTING.md'])
      for (const [, target = ''] of read(file).matchAll(/\]\((?!https?:)([^)#]+)\)/g))
        expect(existsSync(join(root, target)), `${file} links to ${target}`).toBe(true);
  });
});

it('throws no error code that is not listed, and lists none that is never used', () => {
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

it('numbers the decisions without a gap', () => {
  const files = readdirSync(join(root, 'docs/decisions')).sort();
  files.forEach(
    (name, place) => void expect(name).toMatch(new RegExp(`^${String(place + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`)),
  );
});

it('names every setting that it speaks of by its name', () => {
  const names = new Set<string>(settings.map(({ name }) => name));
  const spoken = modulesOf(['src', 'schema', 'db']).flatMap(({ text }) =>
    [...text.matchAll(/\(setting (\w+)\)/g)].map(([, name = '']) => name),
  );
  expect(spoken.length).toBeGreaterThan(5);
  expect(spoken.filter((name) => !names.has(name))).toEqual([]);
});
