/** The statuses in the order of their codes; the first one holds before a user's first change. */
export const statusCodes = ['non-paying', 'paying', 'cancelled'] as const;
export type Status = (typeof statusCodes)[number];
