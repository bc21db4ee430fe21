import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openClient } from '../../../db/sqlite/file/client.ts';
import { markPathOf, openMarkedFile } from '../../../db/sqlite/file/marked-file.ts';
import { stateOf } from '../../../db/sqlite/file/preflight.ts';
import { dataFolder } from '../../support/store.ts';

it('writes no mark once it is closed, when the number of its file may be that of another one', () => {
  const folder = dataFolder();
  const path = join(folder, 'asof.sqlite');
  const file = openMarkedFile(path, {});
  const client = openClient(path);
  file.opened(client);
  const state = { ...stateOf(client), lastSeq: 7 };
  client.close();
  file.close();
  const mark = readFileSync(markPathOf(path));
  const other = join(folder, 'other');
  writeFileSync(other, 'other');
  const descriptor = openSync(other, 'r+');
  file.committed(state);
  closeSync(descriptor);
  expect(readFileSync(other, 'utf8')).toBe('other');
  expect(readFileSync(markPathOf(path))).toEqual(mark);
});
