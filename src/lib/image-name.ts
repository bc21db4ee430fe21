const endings: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg' };
const typeOf: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg' };

/** Where an image is served: its content and its type make its address. */
export const imagePath = (sha256: string, contentType: string): string =>
  `/images/${sha256}.${endings[contentType] ?? 'bin'}`;

/** The content and type that the last part of such an address names; null for anything else. */
export const parseImageName = (name: string): { readonly sha256: string; readonly contentType: string } | null => {
  const [, sha256 = '', ending = ''] = /^([0-9a-f]{64})\.(png|jpg)$/.exec(name) ?? [];
  return sha256 === '' ? null : { sha256, contentType: typeOf[ending] as string };
};
