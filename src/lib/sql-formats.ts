/** The formats of files with the result of a query in SQL. JSON is one array of objects. */
export const sqlFormats = ['json', 'ndjson', 'csv', 'parquet'] as const;
export type SqlFormat = (typeof sqlFormats)[number];
