import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type BackupFile, sha256Of } from './manifest.ts';
import type { BackupTarget } from './target.ts';

/** Objects are named by the SHA-256 of their content before compression. */
export const objectFolder = 'objects';

/** The chunk of a file, and where it belongs. */
export interface Chunk {
  readonly sha256: string;
  readonly isCompressed: boolean;
  readonly bytes: number;
}

export const objectName = ({ sha256, isCompressed }: Pick<Chunk, 'sha256' | 'isCompressed'>): string =>
  `${objectFolder}/${sha256.slice(0, 2)}/${sha256}${isCompressed ? '.gz' : ''}`;

/** The names of the objects of a file. */
export const objectNames = ({ chunks, isCompressed }: BackupFile): string[] =>
  chunks.map((sha256) => objectName({ sha256, isCompressed }));

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);
const decompress = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/** Higher levels take several times as long and save a tenth. */
const level = 1;

export const encodeObject = async (content: Buffer, { isCompressed }: Pick<Chunk, 'isCompressed'>): Promise<Buffer> =>
  isCompressed ? compress(content, { level }) : content;

/** The content of an object, or what is wrong with it. */
export const readObject = async (
  target: BackupTarget,
  chunk: Chunk,
  signal: AbortSignal,
): Promise<
  { readonly content: Buffer; readonly damage?: never } | { readonly damage: string; readonly content?: never }
> => {
  const name = objectName(chunk);
  const stored = await target.read(name, signal);
  if (stored === null) return { damage: `${name} is missing` };
  const content = chunk.isCompressed
    ? await decompress(stored, { maxOutputLength: chunk.bytes + 1 }).catch(() => null)
    : stored;
  if (content?.length === chunk.bytes && sha256Of(content) === chunk.sha256) return { content };
  return { damage: `${name} is damaged` };
};
