import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openApp } from './support/app.ts';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly sql?: string;
  readonly records?: number;
}

/** What the program logs at the level debug between its start and its end. */
const logOf = async (settings: Readonly<Record<string, string>>): Promise<LogLine[]> => {
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line) as LogLine) });
  const opened = await openApp({ data: ':memory:', settings, log });
  await opened.app.domains.conversations.start('00000000-0000-4000-8000-000000000001', 'a');
  await opened.close();
  return lines;
};

describe('the log of the program at the level debug', () => {
  it('says when the store opens and closes, and what each catch-up did', async () => {
    const lines = await logOf({});
    expect(lines.map(({ msg }) => msg)).toEqual([
      'store opened',
      'projections rebuilt',
      'projections caught up',
      'store closed',
    ]);
    expect(lines.map(({ records }) => records)).toEqual([undefined, 0, 1, undefined]);
  });

  it('holds every SQL statement with the setting logSql, and none without it', async () => {
    const statements = async (settings: Readonly<Record<string, string>>) =>
      (await logOf(settings)).flatMap(({ sql }) => sql ?? []);
    expect(await statements({})).toEqual([]);
    expect(await statements({ logSql: 'true' })).toEqual(
      expect.arrayContaining([expect.stringMatching(/insert into "conversations"/)]),
    );
  });
});
