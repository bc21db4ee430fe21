import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { storeExists } from '../../../../db/open.ts';
import { createApp } from '../../../app.ts';
import type { Config } from '../../../config.ts';
import type { OperationReport } from '../../../graphql/document-report.ts';
import { digestOfKey } from '../../../lib/api-key.ts';
import { openOrFail } from '../../data-folder.ts';

/** The number of SQL statements of a query with the defaults of its variables; null where it fails or there is no data. */
export type CountStatements = (report: OperationReport) => Promise<number | null>;

/** Runs queries on the data folder, as a server would; `config` is null where none is to be opened. */
export const withStatements = async (
  config: Config | null,
  work: (count: CountStatements) => Promise<void>,
): Promise<void> => {
  if (!config || !storeExists(config.data)) return work(async () => null);
  const key = randomUUID();
  let statements = 0;
  const apiKeys = [...config.apiKeys, { scope: 'admin', digest: digestOfKey(key), isWeak: false } as const];
  const app = openOrFail(config, () =>
    createApp({ ...config, apiKeys }, { log: pino({ level: 'silent' }), onStatement: () => void statements++ }),
  );
  try {
    await app.ledger.catchUp();
    await work(async ({ id, name }) => {
      statements = 0;
      const response = await app.fetch(
        new Request('http://127.0.0.1/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': key },
          body: JSON.stringify({ documentId: id, ...(name === id ? {} : { operationName: name }) }),
        }),
      );
      const { errors } = (await response.json()) as { readonly errors?: unknown };
      return errors ? null : statements;
    });
  } finally {
    await app.close();
  }
};
