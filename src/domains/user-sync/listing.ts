import { isTextId } from '../../lib/text-id.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { ListedObject } from '../../sources/object-source.ts';

/** The objects of one user; an object's name without its extension is the user's id. */
export interface ListedUser {
  readonly userId: string;
  readonly csv: ListedObject | undefined;
  readonly image: ListedObject | undefined;
  /** Further files: a user has one CSV file and one image. */
  readonly surplus: readonly ListedObject[];
}

export interface Listing {
  readonly users: readonly ListedUser[];
  /** Names of all objects that belong to a user. */
  readonly names: ReadonlySet<string>;
}

interface TypedObject {
  readonly extension: string;
  readonly object: ListedObject;
}

/** Of several images, the one whose extension comes first here is used. */
const extensions = ['csv', 'png', 'jpg', 'jpeg'] as const;
const namePattern = /^(.+)\.(csv|png|jpe?g)$/i;

/** The user that an object belongs to by its name; null for objects of another kind. */
export const userOfName = (name: string): { readonly userId: string; readonly extension: string } | null => {
  const [, userId = '', extension = ''] = namePattern.exec(name) ?? [];
  return isTextId(userId) ? { userId, extension: extension.toLowerCase() } : null;
};

const objectsPerYield = 2048;

/** Groups objects by their user. Objects that belong to no user are ignored. */
export const groupByUser = async (objects: readonly ListedObject[]): Promise<Listing> => {
  const yieldIfDue = createYielder(undefined);
  const byUser = new Map<string, TypedObject[]>();
  const names = new Set<string>();
  for (const [index, object] of objects.entries()) {
    if (index % objectsPerYield === 0) await yieldIfDue();
    const found = userOfName(object.name);
    if (!found || names.has(object.name)) continue;
    names.add(object.name);
    const { userId, extension } = found;
    const own = byUser.get(userId);
    if (own) own.push({ extension, object });
    else byUser.set(userId, [{ extension, object }]);
  }
  return { users: Array.from(byUser, ([userId, own]) => listedUser(userId, own)), names };
};

const listedUser = (userId: string, own: TypedObject[]): ListedUser => {
  const rank = ({ extension }: TypedObject): number => extensions.indexOf(extension as (typeof extensions)[number]);
  const ordered = own.sort((a, b) => rank(a) - rank(b) || (a.object.name < b.object.name ? -1 : 1));
  const [csv, ...furtherCsv] = ordered.filter(({ extension }) => extension === 'csv').map(({ object }) => object);
  const [image, ...furtherImages] = ordered.filter(({ extension }) => extension !== 'csv').map(({ object }) => object);
  return { userId, csv, image, surplus: [...furtherCsv, ...furtherImages] };
};
