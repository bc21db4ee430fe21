import { createDictionary } from '../../indices/dictionary.ts';
import { growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import { noSeq } from '../../indices/seq-array.ts';
import { SeqColumn } from '../../indices/seq-column.ts';
import { exchangeColumns, exchangeParts, type StateColumns } from '../../indices/state-columns.ts';

/** A user's image as it was verified. */
export interface UserImage {
  /** SHA-256 of the image in hex; the file in the image folder has this name. */
  readonly sha256: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
  /** Its object's name within the source. */
  readonly name: string;
  /** The record that states it. */
  readonly seq: number;
}

type ImageRow = { readonly [Field in keyof UserImage]: UserImage[Field] | null };

/** Images as columns; codes count from 1, and code 0 stands for no image. */
export const createImageColumns = () => {
  const [types, contents, names] = [createDictionary(), createDictionary(), createDictionary()];
  const [contentOf, nameOf] = [growableUint32(), growableUint32()];
  const [type, width, height, byteSize] = [growableUint8(), growableUint32(), growableUint32(), growableFloat64()];
  const seqs = new SeqColumn();
  /** How many users currently have an image with a content, and the code of one of these images. */
  const used = new Map<number, { count: number; code: number }>();
  // Code 0 of a text stands for none.
  for (const texts of [types, contents, names]) texts.intern('');
  for (const column of [type, contentOf, nameOf, width, height, byteSize]) column.push(0);
  seqs.push(noSeq);

  const imageOf = (code: number): UserImage | null =>
    code === 0
      ? null
      : {
          sha256: contents.textOf(contentOf.values[code] as number),
          contentType: types.textOf(type.values[code] as number),
          width: width.values[code] as number,
          height: height.values[code] as number,
          byteSize: byteSize.values[code] as number,
          name: names.textOf(nameOf.values[code] as number),
          seq: seqs.at(code),
        };

  return {
    /** Appends an image and returns its code. */
    push(image: ImageRow): number {
      contentOf.push(contents.intern(image.sha256 ?? ''));
      nameOf.push(names.intern(image.name ?? ''));
      seqs.push(image.seq ?? noSeq);
      type.push(types.intern(image.contentType ?? ''));
      width.push(image.width ?? 0);
      height.push(image.height ?? 0);
      return byteSize.push(image.byteSize ?? 0);
    },
    imageOf,
    /** Replaces the current image of one user; code 0 stands for none. */
    replace(previous: number, code: number): void {
      const content = contentOf.values[code] as number;
      if (code !== 0) used.set(content, { count: (used.get(content)?.count ?? 0) + 1, code });
      const before = contentOf.values[previous] as number;
      const last = used.get(before);
      if (previous === 0 || !last) return;
      if (last.count === 1) used.delete(before);
      else used.set(before, { ...last, count: last.count - 1 });
    },
    /** An image with this content that a user currently has. */
    imageOfContent: (sha256: string): UserImage | null => imageOf(used.get(contents.codeOf(sha256) ?? 0)?.code ?? 0),
    exchange(columns: StateColumns): void {
      exchangeParts(columns, { types, contents, names });
      exchangeColumns(columns, { contentOf, nameOf, type, width, height, byteSize, seqs });
      const known = Array.from(used, ([content, { count, code }]) => [content, count, code]).flat();
      const loaded = columns.fixed('used', Uint32Array.from(known)) ?? [];
      for (let index = 0; index < loaded.length; index += 3)
        used.set(loaded[index] as number, { count: loaded[index + 1] as number, code: loaded[index + 2] as number });
    },
    get byteLength() {
      const columns = [types, contents, names, type, contentOf, nameOf, width, height, byteSize, seqs];
      return columns.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    },
  };
};
