import type { OpenApp } from './app.ts';
import { ingest } from './ingest.ts';

export interface SentEvent {
  readonly eventId?: string;
  readonly userId: string;
  readonly experiment?: string;
  readonly version?: string;
}

/** Records experiment events in one transaction, as the API does. */
export const sendEvents = async ({ app }: OpenApp, events: readonly SentEvent[]): Promise<void> => {
  const { imports, importers } = app.domains;
  const { outcomes } = await imports.ingest(
    importers.experimentEvents,
    null,
    events.map(({ eventId, userId, experiment, version = 'A' }) => ({
      raw: userId,
      value: {
        ...(eventId === undefined ? {} : { event_id: eventId }),
        ...(experiment === undefined ? {} : { experiment }),
        user_id: userId,
        account_type: 'free',
        date: '2023-05-01',
        event_type: 'view',
        order_value: null,
        version,
      },
    })),
  );
  const rejected = outcomes.find(({ kind }) => kind === 'REJECTED' || kind === 'CONFLICT');
  if (rejected) throw new Error(`an event was not recorded: ${JSON.stringify(rejected)}`);
};

/** Imports users with their countries. */
export const sendUsers = async ({ app }: OpenApp, countries: Readonly<Record<string, string>>): Promise<void> => {
  const { imports, importers } = app.domains;
  const users = Object.entries(countries).map(([userId, country]) => ({ userId, country, gender: null }));
  await ingest(imports, importers.users, users);
};
