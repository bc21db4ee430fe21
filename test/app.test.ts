import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Domains } from '../src/domains.ts';
import { fixture, openApp } from './support/app.ts';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly sql?: string;
  readonly records?: number;
  readonly state?: string;
  readonly read?: number;
}

type Work = (domains: Domains) => Promise<unknown>;

const startConversation: Work = ({ conversations }) => conversations.start('00000000-0000-4000-8000-000000000001', 'a');

/** What the program logs at a level between its start and its end. */
const logOf = async (
  settings: Readonly<Record<string, string>>,
  work: Work = startConversation,
  level = 'debug',
): Promise<LogLine[]> => {
  const lines: LogLine[] = [];
  const log = pino({ level }, { write: (line) => void lines.push(JSON.parse(line) as LogLine) });
  const opened = await openApp({ data: ':memory:', settings, log });
  await work(opened.app.domains);
  await opened.close();
  return lines;
};

describe('the log of the program at the level debug', () => {
  it('the log states when the store opens and closes, and what each catch-up did', async () => {
    const lines = await logOf({});
    expect(lines.map(({ msg }) => msg)).toEqual([
      'store opened',
      'projections rebuilt',
      'projections caught up',
      'store closed',
    ]);
    expect(lines.map(({ records }) => records)).toEqual([undefined, 0, 1, undefined]);
  });

  it('the log states when an import starts and how it ends', async () => {
    const lines = await logOf({}, async ({ imports }) => {
      const path = fixture('transactions.jsonl');
      await (await imports.start('transactions', [{ path, name: 'transactions.jsonl' }])).done;
    });
    const ofImports = lines.filter(({ msg }) => msg.startsWith('import '));
    expect(ofImports.map(({ msg, state }) => [msg, state])).toEqual([
      ['import started', undefined],
      ['import ended', expect.stringMatching(/^SUCCEEDED/)],
    ]);
    expect(ofImports.at(-1)?.read).toBeGreaterThan(0);
  });

  it('the log states when a thread that reads datasets starts', async () => {
    const lines = await logOf({}, async ({ datasetImports }) => {
      const file = fixture('songs.csv');
      const source = {
        name: 'songs.csv',
        bytes: 0,
        fetch: async () => ({ path: file, bytes: 0 }),
        discard: async () => undefined,
      };
      await (await datasetImports.start(source, { name: 'songs' })).done;
    });
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['dataset thread started', 'import started', 'import ended']),
    );
  });

  it('the log contains every SQL statement with the setting logSql, and none without it', async () => {
    const statements = async (settings: Readonly<Record<string, string>>) =>
      (await logOf(settings, startConversation, 'info')).flatMap(({ sql }) => sql ?? []);
    expect(await statements({})).toEqual([]);
    expect(await statements({ logSql: 'true' })).toEqual(
      expect.arrayContaining([expect.stringMatching(/insert into "conversations"/)]),
    );
  });
});
