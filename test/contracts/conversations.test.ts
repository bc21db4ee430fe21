import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/demo/random.ts';
import { formatInstant, parseInstant } from '../../src/lib/time.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { type ReferenceEvent, referenceOrphans, referenceSummary } from '../support/reference-conversations.ts';

const text = `Früh am Morgen, als der Fluß noch dampfte, ging Zoë über die Brücke. "Où vas-tu, Renée?" fragte niemand,
for nobody was up. She counted the boats: one, two, twelve, and a yellow one with the name of Ångström on its bow.
A quick fox, jumping lazily over some dozing, vexed badgers, would not have surprised her. Każdy dzień był inny;
every day she said so. The keeper of the weir kept bees, the bees kept quiet, and the quiet kept everyone asleep.
Mañana, thought Zoë, I shall ask him why the water hums. But she never asked, and by evening nobody remembered.`;
const symbols = [...text].filter((symbol) => /\p{L}/u.test(symbol));
const rounds = 5;

/** What a client did, and what it was answered. */
interface Walked {
  readonly starts: Map<string, { symbol: string; answer: string }>;
  readonly followups: string[];
  readonly refused: string[];
}

const uuidFrom = (random: { below(below: number): number }): string => {
  const digits = Array.from({ length: 32 }, () => random.below(16).toString(16)).join('');
  return digits.replace(/(.{8})(.{4}).(.{3}).(.{3})(.{12})/, '$1-$2-4$3-a$4-$5');
};

const post = async (app: OpenApp, path: string, parameters: Record<string, string>) => {
  const response = await app.get(`${path}?${new URLSearchParams(parameters)}`, { method: 'POST' });
  return { status: response.status, answer: await response.text() };
};

/** Starts a conversation for every letter of the text. Follows up 10 % in the first rounds, 20 % in the later ones; repeats some requests. */
const walk = async (app: OpenApp): Promise<Walked> => {
  const random = createRandom(4711);
  const walked: Walked = { starts: new Map(), followups: [], refused: [] };
  const known: string[] = [];

  const start = async (uuid: string, symbol: string): Promise<void> => {
    const { status, answer } = await post(app, '/initial', { uuid, symbol });
    if (status === 200) walked.starts.set(uuid, { symbol: symbol.toLowerCase(), answer });
    else walked.refused.push(`${status} ${symbol}`);
  };
  const followUp = async (uuid: string): Promise<void> => {
    expect(await post(app, '/followup', { uuid })).toEqual({ status: 200, answer: 'hooray' });
    walked.followups.push(uuid);
  };
  const requestsAbout = (symbol: string, percent: number): Promise<void>[] => {
    const uuid = uuidFrom(random);
    const isFollowed = random.chance(percent);
    // Sent at once, so that a follow-up may overtake its start.
    const requests = isFollowed && random.chance(30) ? [followUp(uuid), start(uuid, symbol)] : [start(uuid, symbol)];
    if (isFollowed) requests.push(followUp(known[random.below(known.length)] ?? uuid));
    if (random.chance(3)) requests.push(start(uuid, symbol));
    if (random.chance(3)) requests.push(start(uuid, random.pick(['a', 'z'])));
    if (random.chance(3)) requests.push(followUp(uuidFrom(random)));
    known.push(uuid);
    return requests;
  };

  for (let round = 0; round < rounds; round++) {
    let sent: Promise<void>[] = [];
    for (const symbol of symbols) {
      sent.push(...requestsAbout(symbol, round < rounds / 2 ? 10 : 20));
      if (sent.length < 1 + random.below(60)) continue;
      await Promise.all(sent);
      sent = [];
    }
    await Promise.all(sent);
  }
  return walked;
};

interface Raw {
  readonly uuid: string;
  readonly symbol: string;
  readonly startedAt: string;
  readonly isVowelGuess: boolean;
}

interface RawPage {
  readonly nodes: readonly Raw[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const rawPage = async (app: OpenApp, after: string | null): Promise<RawPage> => {
  const { data, errors } = await app.query<{ conversations: RawPage }>(
    `query ($after: String) { conversations(first: 400, after: $after) {
       pageInfo { hasNextPage endCursor } nodes { uuid symbol startedAt isVowelGuess } } }`,
    { after },
  );
  expect(errors).toBeUndefined();
  return (data as { conversations: RawPage }).conversations;
};

/** Every start that was recorded, read back page by page. */
const readBack = async (app: OpenApp): Promise<ReferenceEvent[]> => {
  const events: ReferenceEvent[] = [];
  let after: string | null = null;
  for (;;) {
    const { nodes, pageInfo } = await rawPage(app, after);
    for (const { uuid, symbol, startedAt, isVowelGuess } of nodes)
      events.push({ kind: 'start', uuid, symbol, atUs: parseInstant(startedAt) as number, isVowelGuess });
    if (!pageInfo.hasNextPage) return events;
    after = pageInfo.endCursor;
  }
};

const written = (atUs: number | null): string | null => {
  if (atUs === null) return null;
  const micros = String(atUs).slice(-6);
  return `${new Date(Math.floor(atUs / 1000)).toISOString().slice(0, 19).replace('T', ' ')}.${micros}`;
};

describe('a client that walks a text', () => {
  let app: OpenApp;
  let data = '';
  let walked: Walked;
  let events: ReferenceEvent[];

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'asof-test-'));
    app = await openApp({ data });
    walked = await walk(app);
    const starts = await readBack(app);
    const followups = walked.followups.map(
      (uuid): ReferenceEvent => ({ kind: 'followup', uuid, symbol: '', atUs: 0, isVowelGuess: false }),
    );
    events = [...starts, ...followups];
    return async () => {
      await app.close();
      await rm(data, { recursive: true });
    };
  }, 120_000);

  it('a client receives every answer, and the server stores exactly what it acknowledged', () => {
    const starts = events.filter(({ kind }) => kind === 'start');
    expect(starts.length).toBeGreaterThan(1500);
    expect(walked.refused.filter((refused) => refused.startsWith('400'))).toHaveLength(
      walked.refused.filter((refused) => /\P{ASCII}/u.test(refused)).length,
    );
    expect(walked.refused.some((refused) => refused.startsWith('409'))).toBe(true);
    expect(walked.refused.filter((refused) => !/^4(00|09) /.test(refused))).toEqual([]);
    const received = [...walked.starts].map(([uuid, { symbol, answer }]) => `${uuid} ${symbol} ${answer}`);
    const stored = starts.map(
      ({ uuid, symbol, isVowelGuess }) => `${uuid} ${symbol} ${isVowelGuess ? 'True' : 'False'}`,
    );
    expect(stored.toSorted()).toEqual(received.toSorted());
    const wrong = starts.filter(
      ({ symbol, isVowelGuess }) => symbol !== 'y' && isVowelGuess !== /[aeiou]/.test(symbol),
    );
    expect(wrong).toEqual([]);
  });

  /** For random ranges, most of whose bounds are the time of an event or next to it. */
  const compareRanges = async (): Promise<void> => {
    const random = createRandom(17);
    const times = events.filter(({ kind }) => kind === 'start').map(({ atUs }) => atUs);
    const boundUs = () => random.pick(times) + random.below(3) - 1;
    const form = (atUs: number) =>
      encodeURIComponent(random.chance(50) ? formatInstant(atUs) : formatInstant(atUs).slice(0, -1).replace('T', ' '));
    for (let range = 0; range < 200; range++) {
      const [one, other] = [boundUs(), boundUs()];
      const [lower, upper] = [Math.min(one, other), Math.max(one, other)];
      const response = await app.get(`/dashboard/range/${form(lower)}/${form(upper)}`);
      const recount = [...'abcdefghijklmnopqrstuvwxyz']
        .map((symbol) => referenceSummary(events, symbol, lower, upper))
        .filter(({ count }) => count > 0)
        .map(({ count, symbol, earliestUs, latestUs, followups }) => ({
          count,
          symbol,
          earliest: written(earliestUs),
          latest: written(latestUs),
          followups,
        }));
      expect(await response.json()).toEqual(recount);
    }
  };

  const compareAll = async (): Promise<void> => {
    const { data } = await app.query('{ dashboard { symbols { symbol count followups } orphanFollowups } }');
    const lines = [...'abcdefghijklmnopqrstuvwxyz'].map((symbol) => {
      const { count, followups } = referenceSummary(events, symbol, -Infinity, Infinity);
      return { symbol, count, followups };
    });
    expect(data).toEqual({ dashboard: { symbols: lines, orphanFollowups: referenceOrphans(events) } });
    expect(referenceOrphans(events)).toBeGreaterThan(20);
  };

  it('the figures of the dashboard equal the count of the client, in any range', async () => {
    await compareAll();
    await compareRanges();
  }, 120_000);

  it('the figures of the dashboard are the same after a restart', async () => {
    await app.close();
    app = await openApp({ data });
    await compareAll();
    await compareRanges();
  }, 120_000);
});
