import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folder } from '../cli/asof-process.ts';
import { countedS3, openBucket } from './s3.ts';

/** A source of user files that a test writes and inspects. */
export interface TestSource {
  readonly settings: Readonly<Record<string, string>>;
  write(name: string, content: string | Buffer): Promise<void>;
  remove(name: string): Promise<void>;
  /** The output table; null when it does not exist. */
  output(): Promise<string | null>;
  /** Whether `drainReads` knows which objects were read. */
  readonly countsReads: boolean;
  /** Names of the objects read since the last call, ascending; empty when reads are not counted. */
  drainReads(): string[];
}

export const folderSource = async (): Promise<TestSource> => {
  const root = await folder();
  const at = (name: string): string => join(root, 'source_data', name);
  await mkdir(join(root, 'source_data'));
  return {
    settings: { userFiles: join(root, 'source_data'), userFilesRetryMs: '1' },
    write: (name, content) => writeFile(at(name), content),
    remove: (name) => rm(at(name)),
    output: () => readFile(join(root, 'processed_data/output.csv'), 'utf8').catch(() => null),
    countsReads: false,
    drainReads: () => [],
  };
};

export const s3Source = async () => {
  const bucket = await openBucket();
  const counted = await countedS3();
  const source: TestSource & { counted: typeof counted } = {
    counted,
    settings: { ...counted.settings, userFiles: `s3://${bucket.name}/source_data/` },
    write: (name, content) => bucket.putObject(`source_data/${name}`, content),
    remove: (name) => bucket.remove(`source_data/${name}`),
    output: () => bucket.text('processed_data/output.csv'),
    countsReads: true,
    drainReads: () =>
      counted
        .drainReads()
        .map((key) => key.replace('source_data/', ''))
        .sort(),
  };
  return source;
};

/** A file of one user as the lake writes it. */
export const userCsv = (first: string, last: string, birthMs: number | string): string =>
  `first_name, last_name, birthts\n${first}, ${last}, ${birthMs}\n`;
