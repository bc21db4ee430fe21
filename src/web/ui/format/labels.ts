/** The label of the group of what is not known, as the server writes it. */
export const unknownLabel = 'unknown';
