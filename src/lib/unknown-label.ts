/** The label of a group whose value no source states: a country, a city, a type of event. */
export const unknownLabel = 'unknown';
