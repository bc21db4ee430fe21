import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { referencePages } from '../docs/reference.ts';
import { commands } from '../src/cli/commands.ts';
import { settings } from '../src/config.ts';
import { errorCodes } from '../src/errors.ts';
import { routeList } from '../src/rest/routes.ts';
import { fixture } from './support/app.ts';
import { demoApp } from './support/demo-app.ts';
import { modulesOf, root } from './support/modules.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');

interface Question {
  /** GraphQL; undefined for REST. */
  readonly query?: string;
  readonly path: string;
  readonly init: RequestInit;
  /** JSON, or for REST the very text. */
  readonly answer: string;
}

/** An operation with its answer in the block that follows, GraphQL or sent by curl; and curl with its answer as a comment. */
const shown =
  /```graphql\n(?<query>[^`]*)```\s+```json\n(?<json>[^`]*)```|-d '\{"query":(?<sent>".*")\}'\n```\s+```json\n(?<sentJson>[^`]*)```|^curl -s (?<post>-X POST )?'?http:\/\/127\.0\.0\.1:4000(?<path>[^' \n]*)'?(?: -d '(?<body>[^']*)')?\n# (?<text>.*)$/gm;

/** What the document asks and answers, in its order: later answers may rest on what was sent before. */
const shownQuestions = (document: string): Question[] =>
  [...document.matchAll(shown)].map(({ groups = {} }) => {
    const { query, json, sent, sentJson, post, path = '', body, text = '' } = groups;
    if (path === '') return { query: query ?? JSON.parse(sent ?? ''), path, init: {}, answer: json ?? sentJson ?? '' };
    // What curl says of a body that it is told no type of.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const init = body === undefined ? {} : { headers, body };
    return { path, init: post || body ? { method: 'POST', ...init } : {}, answer: text };
  });

describe('the reference', () => {
  const pages = referencePages();
  const contentOf = (name: string) => pages.find(({ path }) => path === `docs/reference/${name}.md`)?.content ?? '';

  it('is stored as the program prints it', () => {
    for (const { path, content } of pages) expect(read(path), path).toBe(content);
  });

  it('names every setting, error code, route and command', () => {
    for (const { variable } of settings) expect(contentOf('settings')).toContain(`\`${variable}\``);
    for (const { code } of errorCodes) expect(contentOf('errors')).toContain(`\`${code}\``);
    for (const { path } of routeList) expect(contentOf('rest')).toContain(path);
    expect(commands.length).toBe([...contentOf('commands').matchAll(/^## `asof /gm)].length);
  });
});

describe('the README', () => {
  it('shows answers that the demo world gives', async () => {
    const app = await demoApp();
    onTestFinished(app.close);
    const columns = [{ column: 'Released', type: 'DATE' as const }];
    await (await app.app.domains.datasetUploads.importFile(fixture('songs.csv'), { name: 'songs', columns })).done;
    const questions = shownQuestions(readme);
    const answers = [...readme.matchAll(/^```json$|^# (?=[[{A-Za-z])(?!asof$)/gm)];
    expect(questions.length).toBe(answers.length);
    for (const { query, path, init, answer } of questions) {
      if (query !== undefined) expect(await app.query(query)).toEqual(JSON.parse(answer));
      else expect(await (await app.get(path, init)).text(), path).toBe(answer);
    }
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
