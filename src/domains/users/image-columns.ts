import { createDictionary } from '../../indices/dictionary.ts';
import { growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import { noSeq } from '../../indices/seq-array.ts';
import { SeqColumn } from '../../indices/seq-column.ts';

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
  const types = createDictionary();
  const contents: string[] = [''];
  const names: string[] = [''];
  const [type, width, height, byteSize] = [growableUint8(), growableUint32(), growableUint32(), growableFloat64()];
  const seqs = new SeqColumn();
  /** How many users currently have an image with a content, and the code of one of these images. */
  const used = new Map<string, { count: number; code: number }>();
  types.intern('');
  for (const column of [type, width, height, byteSize]) column.push(0);
  seqs.push(noSeq);

  const imageOf = (code: number): UserImage | null =>
    code === 0
      ? null
      : {
          sha256: contents[code] as string,
          contentType: types.textOf(type.values[code] as number),
          width: width.values[code] as number,
          height: height.values[code] as number,
          byteSize: byteSize.values[code] as number,
          name: names[code] as string,
          seq: seqs.at(code),
        };

  return {
    /** Appends an image and returns its code. */
    push(image: ImageRow): number {
      contents.push(image.sha256 ?? '');
      names.push(image.name ?? '');
      seqs.push(image.seq ?? noSeq);
      type.push(types.intern(image.contentType ?? ''));
      width.push(image.width ?? 0);
      height.push(image.height ?? 0);
      return byteSize.push(image.byteSize ?? 0);
    },
    imageOf,
    /** Replaces the current image of one user; code 0 stands for none. */
    replace(previous: number, code: number): void {
      const content = contents[code] as string;
      if (code !== 0) used.set(content, { count: (used.get(content)?.count ?? 0) + 1, code });
      const last = used.get(contents[previous] as string);
      if (previous === 0 || !last) return;
      if (last.count === 1) used.delete(contents[previous] as string);
      else used.set(contents[previous] as string, { ...last, count: last.count - 1 });
    },
    /** An image with this content that a user currently has. */
    imageOfContent: (sha256: string): UserImage | null => imageOf(used.get(sha256)?.code ?? 0),
    get byteLength() {
      return [type, width, height, byteSize, seqs].reduce((bytes, column) => bytes + column.byteLength, 0);
    },
  };
};
