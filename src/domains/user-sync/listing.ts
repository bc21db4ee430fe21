import { isTextId } from '../../lib/text-id.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { ListedObject } from '../../sources/object-source.ts';

/** What a source holds of one user; the name of an object without its ending is the user's id. */
export interface ListedUser {
  readonly userId: string;
  readonly csv: ListedObject | undefined;
  readonly image: ListedObject | undefined;
  /** Further images, of which a user has one. */
  readonly surplus: readonly ListedObject[];
}

export interface Listing {
  readonly users: readonly ListedUser[];
  /** Of all objects that belong to a user. */
  readonly names: ReadonlySet<string>;
}

/** The first of these that a user has is the image. */
const endings = ['csv', 'png', 'jpg', 'jpeg'] as const;
const named = /^(.+)\.(csv|png|jpe?g)$/i;

/** The user that an object's name speaks of; null for objects of another kind. */
export const userOfName = (name: string): { readonly userId: string; readonly ending: string } | null => {
  const [, userId = '', ending = ''] = named.exec(name) ?? [];
  return isTextId(userId) ? { userId, ending: ending.toLowerCase() } : null;
};

const objectsPerLook = 2048;

/** Brings the objects of each user together. Those that belong to none are passed over. */
export const listingOf = async (objects: readonly ListedObject[]): Promise<Listing> => {
  const turn = createYielder();
  const byUser = new Map<string, { ending: string; object: ListedObject }[]>();
  const names = new Set<string>();
  for (const [place, object] of objects.entries()) {
    if (place % objectsPerLook === 0) await turn();
    const found = userOfName(object.name);
    if (!found || names.has(object.name)) continue;
    names.add(object.name);
    const { userId, ending } = found;
    const own = byUser.get(userId);
    if (own) own.push({ ending, object });
    else byUser.set(userId, [{ ending, object }]);
  }
  return { users: Array.from(byUser, ([userId, own]) => listedUser(userId, own)), names };
};

const listedUser = (userId: string, own: { ending: string; object: ListedObject }[]): ListedUser => {
  const rank = (ending: string): number => endings.indexOf(ending as (typeof endings)[number]);
  const ordered = own.sort((a, b) => rank(a.ending) - rank(b.ending) || (a.object.name < b.object.name ? -1 : 1));
  const [csv, ...furtherCsv] = ordered.filter(({ ending }) => ending === 'csv').map(({ object }) => object);
  const [image, ...furtherImages] = ordered.filter(({ ending }) => ending !== 'csv').map(({ object }) => object);
  return { userId, csv, image, surplus: [...furtherCsv, ...furtherImages] };
};
