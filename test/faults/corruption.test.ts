import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { asof, folder, serve, serveHere } from '../cli/asof-process.ts';
import { openApp } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';
import { png } from '../support/images.ts';
import { userCsv } from '../support/user-sources.ts';
import { createRandom, isLong, seed } from './form.ts';
import { eventText, graphql, json, readiness, send } from './requests.ts';
import { choiceOf, contentOf, filesIn, type StoreEdit, storeEdits } from './store-edits.ts';

/** Edits of each kind, of a folder that was closed and of one whose process was killed. */
const editsOfEach = Number(process.env.ASOF_FAULT_EDITS ?? (isLong ? 8 : 1));
const choice = choiceOf(createRandom(seed));

const documents = [
  '{ users { totalCount nodes { userId firstName hasImage image { sha256 } statusTimeline { status validFrom } } } }',
  '{ enrichedAggregate(groupBy: [USER_STATUS, CITY]) { nodes { key { userStatus city } measures { count sum } } } }',
  '{ imports(first: 100) { nodes { target state read accepted rejected } } }',
  '{ rejectedRecords(first: 100) { nodes { state raw } } }',
  '{ datasets { nodes { name rowCount } } }',
  '{ experimentEvents(first: 500) { totalCount nodes { eventId } } }',
];

/** What a server answers; null for what it refuses because of damage. */
const answersOf = async (url: string, images: readonly string[]): Promise<(string | null)[]> => {
  const answers: (string | null)[] = [];
  for (const document of documents) {
    const { text } = await graphql(url, document);
    answers.push(text.includes('DATA_DAMAGED') ? null : text);
  }
  for (const path of ['/datasets/songs?_first=500', '/datasets/songs?_first=500&_version=1', ...images]) {
    const response = await fetch(`${url}${path}`);
    const text = Buffer.from(await response.arrayBuffer())
      .toString('latin1')
      .replaceAll(url, '');
    answers.push(response.status === 503 && text.includes('DATA_DAMAGED') ? null : text);
  }
  return answers;
};

/** The content of the files of datasets and images, as one text. */
const filesOf = (data: string): string =>
  JSON.stringify(
    ['datasets', 'images'].flatMap((name) =>
      filesIn(join(data, name)).map((path) => [relative(data, path), readFileSync(path, 'latin1')]),
    ),
  );

/** A data folder with records of many kinds, as a server leaves it that was stopped, or killed. */
const filled = async (isKilled: boolean) => {
  const data = join(await folder(), 'data');
  const source = join(await folder(), 'users');
  mkdirSync(source);
  for (const [index, user] of ['a', 'b', 'c'].entries()) {
    writeFileSync(join(source, `${user}.csv`), userCsv('Ada', 'King', Date.UTC(1980 + index, 0, 1)));
    writeFileSync(join(source, `${user}.png`), png(2 + index, 2, index));
  }
  const opened = await openApp({ data });
  const changes = Array.from({ length: 90 }, (_, row) => `${'abc'[row % 3]},2020-0${1 + (row % 9)}-01,paying`);
  const header = 'user_id,created_at,status';
  await opened.importFile('user-status', { name: 's.csv', text: [header, ...changes, 'x,never,paying'].join('\n') });
  const purchases = Array.from({ length: 90 }, (_, row) => `t${row},${'abc'[row % 3]},2020-06-02,p,${row}.5,10.0.0.1`);
  const columns = 'click_id,user_id,created_at,product_id,product_price,ip';
  await opened.importFile('transactions', { name: 't.csv', text: [columns, ...purchases].join('\n') });
  for (const factor of [1, 2])
    await importCsv(
      opened,
      'songs',
      `id,n\n${Array.from({ length: 200 }, (_, row) => `${row},${row * factor}`).join('\n')}\n`,
    );
  await opened.close();
  expect(await asof(['sync', '--data', data, '--source', source])).toMatchObject({ code: 0 });
  const server = await serve(['--data', data, '--empty']);
  for (let number = 0; number < 20; number++)
    await send(`${server.url}/receive_event`, { headers: json, body: eventText(`e${number}`) });
  const images = filesIn(join(data, 'images')).map((path) => `/images/${path.split('/').at(-1)}.png`);
  const answers = await answersOf(server.url, images);
  expect(answers).not.toContain(null);
  if (isKilled) server.child.kill('SIGKILL');
  else expect(await server.stop()).toBe(0);
  await server.closed;
  const copy = join(await folder(), 'data');
  cpSync(data, copy, { recursive: true });
  return { data, images, answers, content: contentOf(copy), files: filesOf(copy) };
};

const stack = /^\s+at .*$|\\n\s+at .*/m;

/** What became of edits of each kind. */
const outcomes = new Map<string, number>();
const count = (name: string, outcome: string): void => {
  outcomes.set(`${name}: ${outcome}`, (outcomes.get(`${name}: ${outcome}`) ?? 0) + 1);
};

/**
 * Edits a copy of a sound folder and names what is wrong then: a server on it must serve nothing wrong, and what is damaged
 * must be reported by verify.
 */
const tryEdit = async (sound: Awaited<ReturnType<typeof filled>>, { name, edit }: StoreEdit): Promise<string[]> => {
  const [data, copy] = [join(await folder(), 'data'), join(await folder(), 'data')];
  cpSync(sound.data, data, { recursive: true });
  const what = edit(data, choice);
  cpSync(data, copy, { recursive: true });
  const isChanged = contentOf(copy) !== sound.content || filesOf(copy) !== sound.files;
  const faults: string[] = [];
  const check = (isRight: boolean, fault: string): void => {
    if (!isRight) faults.push(`${what}: ${fault}`);
  };
  const listed = await asof(['verify', '--list', '--json', '--data', data]);
  const isReported = listed.code !== 0;
  check(!stack.test(listed.stderr), `verify ends with ${listed.stderr}`);
  check(isReported || !isChanged, 'verify finds a changed store sound');
  const server = await serveHere(['--data', data, '--empty']);
  if (typeof server === 'string') {
    count(name, 'refused at the start');
    check(isReported && !stack.test(server), `the server ends with ${server}`);
    const accepted = await asof(['verify', '--accept-loss', '--list', '--data', data]);
    check(!stack.test(accepted.stderr), `verify --accept-loss ends with ${accepted.stderr}`);
    return faults;
  }
  const answers = await answersOf(server.url, sound.images);
  answers.forEach((answer, index) => {
    check(answer === null || answer === sound.answers[index], `answer ${index} is ${answer}`);
  });
  const isRefused = answers.includes(null);
  check(isReported || !isRefused, 'a server refuses what verify finds sound');
  count(name, isRefused ? 'some answers refused' : isReported ? 'reported' : 'harmless');
  const ready = await readiness(server.url);
  check(/^(200 ready|503 DATA_DAMAGED)$/.test(ready), `/readyz answers ${ready}`);
  check((await server.stop()) === 0 && !stack.test(server.log()), `the server ends with ${server.log()}`);
  return faults;
};

it('an edit of a row or of any file is reported, and nothing wrong is served', {
  timeout: 120_000 + editsOfEach * storeEdits.length * 60_000,
}, async () => {
  const [stopped, killed] = [await filled(false), await filled(true)];
  // In the short form a few kinds, others with each run.
  const chosen = isLong ? storeEdits : [0, 2, 4].map((first) => choice.pick(storeEdits.slice(first, first + 2)));
  const faults: string[] = [];
  for (const each of chosen)
    for (let number = 0; number < editsOfEach; number++)
      for (const sound of each.ofKilled ? [killed] : isLong ? [stopped, killed] : [stopped])
        faults.push(...(await tryEdit(sound, each)));
  if (isLong)
    process.stdout.write(`edits from seed ${seed}: ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}\n`);
  expect({ seed, faults }).toEqual({ seed, faults: [] });
});
