import type { OpenApp } from './app.ts';

interface DialectJson {
  readonly encoding: string;
  readonly delimiter: string;
  readonly quote: string | null;
  readonly header_line: number | null;
  readonly skipped_lines: number;
  readonly warnings: readonly string[];
}

interface ImportJson {
  readonly status: number;
  readonly id: number;
  readonly state: string;
  readonly read: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly dialect: DialectJson;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Imports a CSV text as a dataset and waits until the import has finished. */
export const importCsv = async (
  { get }: OpenApp,
  name: string,
  csv: string | Uint8Array,
  query = '',
): Promise<ImportJson> => {
  const headers = { 'content-type': 'text/csv' };
  const body = typeof csv === 'string' ? csv : new Blob([csv as Uint8Array<ArrayBuffer>]);
  const response = await get(`/datasets/${name}?wait=1${query}`, { method: 'PUT', headers, body });
  return { status: response.status, ...((await response.json()) as Omit<ImportJson, 'status'>) };
};

/** The rows that a REST query returns, parsed from JSON. */
export const rowsOf = async ({ get }: OpenApp, name: string, query = ''): Promise<Record<string, unknown>[]> => {
  const answer = (await (await get(`/datasets/${name}?_first=1000${query}`)).json()) as {
    rows: Record<string, unknown>[];
  };
  return answer.rows;
};
