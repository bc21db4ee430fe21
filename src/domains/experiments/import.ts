import { experimentEvents } from '../../../db/tables/experiments.ts';
import { fieldsOfSameName, type Importer } from '../../ledger/record.ts';
import { readWrittenInstant } from '../../lib/cells/written-instant.ts';
import { formatDecimal } from '../../lib/decimal.ts';
import { readRecord } from '../../lib/problems.ts';
import { formatInstant } from '../../lib/time.ts';
import { eventBlocks } from './event-blocks.ts';
import type { ExperimentEvent } from './event-record.ts';
import type { ExperimentEvents } from './events.ts';
import { experimentEventsTarget } from './target.ts';

/** Whether a text is the label of a variant or a kind of account, such as `none`, rather than a missing value. */
const isLabel = (name: string, text: string): boolean =>
  (name === 'version' || name === 'account_type') && /^(?:none|na|nil)$/i.test(text.trim());

const columns = ['user_id', 'account_type', 'date', 'event_type', 'order_value', 'version'];

/** Imports `user_id`, `account_type`, `date`, `event_type`, `order_value`, `version`, and optionally `event_id`, `experiment`. */
export const createExperimentEventsImporter = (
  events: Pick<ExperimentEvents, 'record' | 'repeat'>,
): Importer<ExperimentEvent> & Required<Pick<Importer<ExperimentEvent>, 'blocks'>> => ({
  target: experimentEventsTarget,
  shape: {
    columns: [columns],
    envelope: { lists: ['batch', 'events'], shared: ['experiment'], recordFields: ['user_id'] },
  },
  fields: fieldsOfSameName(['event_id', 'experiment', ...columns]),
  writtenFields: { amounts: ['order_value'], instants: ['date'] },
  read: (value, { cells, face }) =>
    readRecord(
      value,
      (fields) => ({
        eventId: fields.optional('event_id', fields.id),
        experiment: fields.optional('experiment', fields.id),
        userId: fields.id('user_id'),
        variant: fields.id('version'),
        accountType: fields.id('account_type'),
        eventType: fields.optional('event_type', fields.id),
        occurredAtUs: fields.instant('date', readWrittenInstant),
        amount: fields.optional('order_value', fields.decimal),
      }),
      { cells, face, isWord: isLabel },
    ),
  wire: ({ eventId, experiment, userId, variant, accountType, eventType, occurredAtUs, amount }) => ({
    ...(eventId === null ? {} : { event_id: eventId }),
    ...(experiment === null ? {} : { experiment }),
    user_id: userId,
    account_type: accountType,
    date: formatInstant(occurredAtUs),
    event_type: eventType,
    order_value: amount === null ? null : formatDecimal(amount),
    version: variant,
  }),
  blocks: eventBlocks,
  storedIn: { table: experimentEvents, lookup: ['eventId', 'experiment'] },
  // Every record of a file that is imported again is a duplicate, even without an id of its own.
  begin: ({ isRepeat, face }) => ({
    record: isRepeat ? events.repeat : (tx, event, origin) => events.record(tx, event, origin, face),
  }),
});
