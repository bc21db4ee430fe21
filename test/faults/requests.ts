import { experimentEvents } from '../../db/tables/index.ts';
import { openApp } from '../support/app.ts';

export const json = { 'content-type': 'application/json' };

export const eventText = (id: string): string =>
  `{"event_id":"${id}","user_id":"1","account_type":"free","date":"2023-05-01","event_type":null,"order_value":1.5,"version":"A"}`;

/** Events as JSON Lines, with numbered ids. */
export const eventLines = (count: number, prefix: string): string =>
  Array.from({ length: count }, (_, index) => eventText(`${prefix}${index}`)).join('\n');

export const csvOf = (rows: number): string =>
  `id,name\n${Array.from({ length: rows }, (_, index) => `${index},${(index * 7919) ** 3}`).join('\n')}\n`;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

export const send = async (url: string, init: RequestInit): Promise<Answer> => {
  const response = await fetch(url, { method: 'POST', ...init });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
};

export const graphql = (url: string, query: string, variables: object = {}): Promise<Answer> =>
  send(`${url}/graphql`, { headers: json, body: JSON.stringify({ query, variables }) });

export const upload = (url: string, target: string, content: string, wait: boolean): Promise<Answer> => {
  const name = target === 'DATASET' ? ', datasetName: "full"' : '';
  const query = `mutation ($file: File!) {
    startImport(input: { target: ${target}, source: { file: $file }, wait: ${wait}${name} }) {
      __typename ... on StartImportPayload { import { state failure { code } } } ... on Error { code } } }`;
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { file: null } }));
  form.set('map', JSON.stringify({ 0: ['variables.file'] }));
  form.set('0', new File([content], 'full.csv'));
  return send(`${url}/graphql`, { body: form });
};

const reasonOf = (text: string): string | undefined => /"code":"([A-Z_]+)"/.exec(text)?.[1];

/** The status of `/readyz` with the code of its error. */
export const readiness = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/readyz`);
  return `${response.status} ${reasonOf(await response.text()) ?? 'ready'}`;
};

/** The ids of the events that a data folder holds, in the order they were stored. */
export const storedIds = async (data: string): Promise<(string | null)[]> => {
  const { app, close } = await openApp({ data });
  const rows = app.store.page(experimentEvents, { key: 'seq', direction: 'asc', limit: 10_000_000 });
  await close();
  return rows.map(({ eventId }) => eventId);
};
