import { createHash } from 'node:crypto';
import type { Store } from '../../../db/store.ts';
import { userFileOutputs } from '../../../db/tables/user-files.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { csvLine, formulaSafe } from '../../lib/csv-line.ts';
import { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { type ObjectSource, prefixOf } from '../../sources/object-source.ts';
import type { UserDirectory, UserWithFile } from '../user-directory/user-directory.ts';

/** A line of the output table. */
export interface UserLine {
  readonly user_id: string;
  readonly first_name: string | null;
  readonly last_name: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly birthts: number;
  /** Where the image is at the source; null without one. */
  readonly img_path: string | null;
}

export const userColumns = ['user_id', 'first_name', 'last_name', 'birthts', 'img_path'] as const;

const linesPerPart = 1000;

export const lineOf = ({ userId, details, image }: UserWithFile, prefix: string): UserLine => ({
  user_id: userId,
  first_name: details.firstName,
  last_name: details.lastName,
  birthts: details.birthMs,
  img_path: image === null ? null : prefix + image.name,
});

const plainNumber = /^-?\d+(?:\.\d+)?$/;

const safe = (cell: string | number | null): string | number | null =>
  typeof cell === 'string' && !plainNumber.test(cell) ? formulaSafe(cell) : cell;

/**
 * A line of CSV without its end (RFC 4180). Cells that begin like a formula get an apostrophe in front, by which spreadsheets
 * know text.
 */
export const userCsvLine = (line: UserLine): string => csvLine(userColumns.map((name) => safe(line[name])));

/** The table of all users who have a file, in chunks; later changes of the users do not appear in it. */
export async function* userTable(directory: UserDirectory, prefix: string, work: Work): AsyncGenerator<string> {
  const lines: string[] = [`${csvLine(userColumns)}\r\n`];
  for await (const user of directory.usersWithFiles({}, {}, work)) {
    lines.push(`${userCsvLine(lineOf(user, prefix))}\r\n`);
    if (lines.length >= linesPerPart) yield lines.splice(0).join('');
  }
  yield lines.join('');
}

/** Writes the table beside the source, unless the same table is there already. */
export const createOutput = (store: Store, ledger: Ledger, directory: UserDirectory, source: ObjectSource) => {
  const { location } = source;

  /** Throws ObjectStoreError when it cannot be written. */
  return async (signal: AbortSignal): Promise<void> => {
    const parts: string[] = [];
    const hash = createHash('sha256');
    const maybeYield = createYielder(undefined);
    for await (const part of userTable(directory, prefixOf(location), new Work())) {
      parts.push(part);
      hash.update(part);
      await maybeYield();
    }
    const digest = hash.digest('hex');
    const [known] = store.page(userFileOutputs, { match: { location }, key: 'id', direction: 'desc', limit: 1 });
    if (known?.digest === digest && known.version === (await source.outputVersion(signal))) return;
    const version = await source.writeOutput(parts.join(''), signal);
    await ledger.write((tx) => {
      const before = tx.findLatest(userFileOutputs, { location });
      if (before) tx.update(userFileOutputs, { id: before.id }, { digest, version });
      else tx.insert(userFileOutputs, { location, digest, version });
    });
  };
};
