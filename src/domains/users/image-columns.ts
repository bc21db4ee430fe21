import { createDictionary } from '../../indices/dictionary.ts';
import { growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';

/** A user's image as it was verified. */
export interface UserImage {
  /** Of its bytes, in hex; they are kept under this name. */
  readonly sha256: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
  /** Its object's name within the source. */
  readonly name: string;
}

type Given = { readonly [Field in keyof UserImage]: UserImage[Field] | null };

/** Images as columns, told by codes from 1; 0 is no image. */
export const createImageColumns = () => {
  const types = createDictionary();
  const contents: string[] = [''];
  const names: string[] = [''];
  const [type, width, height, byteSize] = [growableUint8(), growableUint32(), growableUint32(), growableFloat64()];
  /** How many users have an image of a content now, and one code of it. */
  const used = new Map<string, { count: number; code: number }>();
  types.intern('');
  for (const column of [type, width, height, byteSize]) column.push(0);

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
        };

  return {
    /** The code of a further image. */
    push(image: Given): number {
      contents.push(image.sha256 ?? '');
      names.push(image.name ?? '');
      type.push(types.intern(image.contentType ?? ''));
      width.push(image.width ?? 0);
      height.push(image.height ?? 0);
      return byteSize.push(image.byteSize ?? 0);
    },
    imageOf,
    /** Notes that a user has another image now, or none. */
    replace(before: number, code: number): void {
      const content = contents[code] as string;
      if (code !== 0) used.set(content, { count: (used.get(content)?.count ?? 0) + 1, code });
      const last = used.get(contents[before] as string);
      if (before === 0 || !last) return;
      if (last.count === 1) used.delete(contents[before] as string);
      else used.set(contents[before] as string, { ...last, count: last.count - 1 });
    },
    /** An image of this content that a user has now. */
    imageOfContent: (sha256: string): UserImage | null => imageOf(used.get(sha256)?.code ?? 0),
    get byteLength() {
      return [type, width, height, byteSize].reduce((bytes, column) => bytes + column.byteLength, 0);
    },
  };
};
