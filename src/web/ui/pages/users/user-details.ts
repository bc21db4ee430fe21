import type { UserDetailsQuery } from '../../generated/graphql.ts';

/** A user as their page shows them. */
export type UserDetails = NonNullable<UserDetailsQuery['user']>;
