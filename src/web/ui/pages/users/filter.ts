import type { UserFilter } from '../../generated/graphql.ts';
import type { UsersSearch } from './search.ts';

/** The argument `where` of the filters in the address; null without a filter. */
export const filterOf = (search: UsersSearch): UserFilter | null => {
  const { countries, genders, statuses, at, ageFrom, ageTo, ageKnown, image } = search;
  const text = (search.search ?? '').trim();
  const where: UserFilter = {
    ...(text === '' ? {} : { search: text }),
    ...(countries === undefined ? {} : { countries }),
    ...(genders === undefined ? {} : { genders }),
    ...(statuses === undefined ? {} : { status: { in: statuses, ...(at === undefined ? {} : { at }) } }),
    ...(ageFrom === undefined ? {} : { ageAtLeast: ageFrom }),
    ...(ageTo === undefined ? {} : { ageAtMost: ageTo }),
    ...(ageKnown === undefined ? {} : { isAgeKnown: ageKnown }),
    ...((ageFrom !== undefined || ageTo !== undefined || ageKnown !== undefined) && at !== undefined
      ? { ageAt: at }
      : {}),
    ...(image === undefined ? {} : { hasImage: image }),
  };
  return Object.keys(where).length === 0 ? null : where;
};
