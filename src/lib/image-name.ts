const endings: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg' };
const typeOf: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg' };

/** The path that serves an image, made of the hash of its content and its type. */
export const imagePath = (sha256: string, contentType: string): string =>
  `/images/${sha256}.${endings[contentType] ?? 'bin'}`;

/** The hash and type in the last segment of such a path; null for another segment. */
export const parseImageName = (name: string): { readonly sha256: string; readonly contentType: string } | null => {
  const [, sha256 = '', ending = ''] = /^([0-9a-f]{64})\.(png|jpg)$/.exec(name) ?? [];
  return sha256 === '' ? null : { sha256, contentType: typeOf[ending] as string };
};
