import type { IgnoredReason, IpKind, StatusRule, UserStatus } from '../generated/graphql.ts';

/** The words of REST and of files for a status. */
export const statusWords: Readonly<Record<UserStatus, string>> = {
  PAYING: 'paying',
  NON_PAYING: 'non-paying',
  CANCELLED: 'cancelled',
};

export const ruleSentences: Readonly<Record<StatusRule, string>> = {
  LATEST_CHANGE_AT_OR_BEFORE: 'The latest change at or before this time decides; of equal times the later record.',
  NO_CHANGE_YET: 'No change had taken effect by then, so the user had never paid.',
  UNKNOWN_USER: 'No record names this user, so the user counts as one who has never paid.',
};

export const ignoredWords: Readonly<Record<IgnoredReason, string>> = {
  AFTER_THE_DATE: 'takes effect later',
  DUPLICATE: 'the same status for the same time',
  SUPERSEDED: 'superseded by a later change or record',
};

export const ipKindWords: Readonly<Record<IpKind, string>> = {
  DOCUMENTATION: 'documentation',
  LINK_LOCAL: 'link-local',
  LOOPBACK: 'loopback',
  MULTICAST: 'multicast',
  PRIVATE: 'private',
  PUBLIC: 'public',
  RESERVED: 'reserved',
  SHARED: 'shared',
};
