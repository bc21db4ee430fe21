import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Numbers and choices that depend on a seed only. */
export interface Choice {
  below(count: number): number;
  pick<T>(list: readonly T[]): T;
}

export const choiceOf = (random: () => number): Choice => {
  const below = (count: number): number => Math.floor(random() * count);
  return { below, pick: (list) => list[below(list.length)] as never };
};

/** An edit of a data folder that no server has open; says what it did. */
export interface StoreEdit {
  readonly name: string;
  /** Whether it needs a log of writes, which only a folder has whose process was killed. */
  readonly ofKilled?: true;
  edit(data: string, choice: Choice): string;
}

export const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const pageBytes = 4096;
const frameBytes = pageBytes + 24;

type ByteEdit = (bytes: Buffer, choice: Choice) => Buffer;

/** Edits of the bytes of a file; `unit` is what its pages or frames have. */
const byteEditsOf = (head: number, unit: number): Readonly<Record<string, ByteEdit>> => {
  const piece = (bytes: Buffer, { below }: Choice): readonly [start: number, end: number] => {
    const start = head + unit * below(Math.max(1, Math.floor((bytes.length - head) / unit)));
    return [Math.min(start, bytes.length), Math.min(start + unit, bytes.length)];
  };
  return {
    bit(bytes, { below }) {
      const at = below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << below(8));
      return bytes;
    },
    bytes(bytes, { below }) {
      const at = below(bytes.length);
      for (let index = at; index < Math.min(at + 16, bytes.length); index++) bytes[index] = below(256);
      return bytes;
    },
    zeros(bytes, choice) {
      return bytes.fill(0, ...piece(bytes, choice));
    },
    exchange(bytes, choice) {
      const [[one, oneEnd], [other, otherEnd]] = [piece(bytes, choice), piece(bytes, choice)];
      const [first, second] = [Buffer.from(bytes.subarray(one, oneEnd)), Buffer.from(bytes.subarray(other, otherEnd))];
      second.copy(bytes, one);
      first.copy(bytes, other);
      return bytes;
    },
    copy(bytes, choice) {
      const [[from, end], [to]] = [piece(bytes, choice), piece(bytes, choice)];
      bytes.copyWithin(to, from, end);
      return bytes;
    },
    remove(bytes, choice) {
      const [start, end] = piece(bytes, choice);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    },
    insert(bytes, choice) {
      const [start] = piece(bytes, choice);
      return Buffer.concat([bytes.subarray(0, start), Buffer.alloc(unit, choice.below(256)), bytes.subarray(start)]);
    },
    cut: (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
    'cut of pieces': (bytes, choice) => bytes.subarray(0, piece(bytes, choice)[0]),
    append: (bytes, { below }) => Buffer.concat([bytes, Buffer.alloc(1 + below(100), below(256))]),
  };
};

const editFile = (
  path: string,
  [head, unit]: readonly [number, number],
  choice: Choice,
  others: readonly string[] = [],
): string => {
  const edits = byteEditsOf(head, unit);
  const name = choice.pick(['bit', 'bit', ...Object.keys(edits), 'delete', 'folder', 'empty', 'replace']);
  if (name === 'replace' && others.length > 0) {
    const other = choice.pick(others);
    copyFileSync(other, path);
    return `${path} replaced by ${other}`;
  }
  if (name === 'delete' || name === 'folder') rmSync(path);
  if (name === 'folder') mkdirSync(path);
  if (name === 'empty' || name === 'replace') truncateSync(path, 0);
  const edit = edits[name];
  if (edit && statSync(path).size > 0) writeFileSync(path, edit(readFileSync(path), choice));
  return `${name} of ${path}`;
};

const editOneOf = (folder: string, choice: Choice): string => {
  const files = filesIn(folder);
  const path = choice.pick(files);
  return editFile(
    path,
    [0, 512],
    choice,
    files.filter((other) => other !== path),
  );
};

interface Column {
  readonly name: string;
  readonly type: string;
}

/** Statements that change one cell, or two rows of a table. */
const editCell = (client: Database.Database, choice: Choice): string => {
  const tables = client
    .prepare<[], string>("select name from sqlite_master where type = 'table' order by name")
    .pluck()
    .all()
    .filter((name) => client.prepare(`select 1 from "${name}" limit 1`).get() !== undefined);
  const table = choice.pick(tables);
  const rows = client.prepare<[], number>(`select rowid from "${table}" order by rowid`).pluck().all();
  const [row, other] = [choice.pick(rows), choice.pick(rows)];
  const columns = client.pragma(`table_info("${table}")`) as Column[];
  const { name, type } = choice.pick(columns);
  const change = /text/i.test(type)
    ? [`coalesce("${name}", '') || 'x'`, `upper("${name}") || ''`, `cast("${name}" as blob)`]
    : /blob/i.test(type)
      ? [`x'00'`, `"${name}" || x'00'`, `randomblob(length("${name}"))`]
      : [`coalesce("${name}", 0) + 1`, `-"${name}"`, `cast("${name}" as text) || ' '`, `"${name}" * 1.0000001`];
  const set = (value: string): string => `update or ignore "${table}" set "${name}" = ${value} where rowid = ${row}`;
  const values = columns.map((column) => `"${column.name}"`).join(', ');
  const ownKey = columns.some((column) => /^(id|seq)$/.test(column.name));
  const copied = columns.map((column) =>
    /^(id|seq)$/.test(column.name) ? `"${column.name}" + 1000` : `"${column.name}"`,
  );
  return choice.pick([
    ...change.map(set),
    set('null'),
    set(`(select "${name}" from "${table}" where rowid = ${other})`),
    `delete from "${table}" where rowid = ${row}`,
    `delete from "${table}"`,
    `insert or ignore into "${table}" (${values}) select ${ownKey ? copied.join(', ') : values} from "${table}" where rowid = ${row}`,
    `update "${table}" set rowid = -9 where rowid = ${row}; update "${table}" set rowid = ${row} where rowid = ${other}; update "${table}" set rowid = ${other} where rowid = -9`,
  ]);
};

const store = 'asof.sqlite';

export const storeEdits: readonly StoreEdit[] = [
  {
    name: 'cells',
    edit(data, choice) {
      const client = new Database(join(data, store));
      try {
        const sql = editCell(client, choice);
        client.exec(sql);
        return sql;
      } catch (error) {
        // A key that is no number, for example; what came before stays.
        if (!(error instanceof Database.SqliteError)) throw error;
        return `refused by SQLite: ${error.message}`;
      } finally {
        client.close();
      }
    },
  },
  {
    name: 'database',
    edit: (data, choice) => editFile(join(data, store), [0, pageBytes], choice),
  },
  {
    name: 'log',
    ofKilled: true,
    edit: (data, choice) => editFile(join(data, `${store}-wal`), [32, frameBytes], choice),
  },
  { name: 'mark', edit: (data, choice) => editFile(join(data, 'asof.mark'), [0, 128], choice) },
  { name: 'datasets', edit: (data, choice) => editOneOf(join(data, 'datasets'), choice) },
  { name: 'images', edit: (data, choice) => editOneOf(join(data, 'images'), choice) },
];

/** Everything that a store holds, as SQLite answers it; null when it cannot. Order is no content where rows have no key. */
export const contentOf = (data: string): string | null => {
  try {
    const client = new Database(join(data, store), { fileMustExist: true });
    try {
      const tables = client
        .prepare<[], string>("select name from sqlite_master where type = 'table' order by name")
        .pluck()
        .all();
      return JSON.stringify(
        tables.map((name) =>
          client
            .prepare(`select * from "${name}"`)
            .raw()
            .all()
            .map((row) => JSON.stringify(row))
            .sort(),
        ),
      );
    } finally {
      client.close();
    }
  } catch {
    return null;
  }
};
