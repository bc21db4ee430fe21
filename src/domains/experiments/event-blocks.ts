import type { RecordBlocks } from '../../ledger/record.ts';
import { type PackedTexts, packTexts, unpackTexts } from '../../lib/packed-texts.ts';
import type { ExperimentEvent } from './event-record.ts';

const textFields = ['eventId', 'experiment', 'userId', 'variant', 'accountType', 'eventType'] as const;

interface EventBlock extends Readonly<Record<(typeof textFields)[number], PackedTexts>> {
  readonly occurredAtUs: Float64Array;
  /** Units and millionths of each amount, NaN for none. */
  readonly amounts: Float64Array;
}

const pack = (events: readonly ExperimentEvent[]): EventBlock => {
  const occurredAtUs = new Float64Array(events.length);
  const amounts = new Float64Array(2 * events.length);
  for (let index = 0; index < events.length; index++) {
    const { amount, occurredAtUs: atUs } = events[index] as ExperimentEvent;
    occurredAtUs[index] = atUs;
    amounts[2 * index] = amount === null ? Number.NaN : amount.units;
    amounts[2 * index + 1] = amount === null ? Number.NaN : amount.micros;
  }
  return {
    eventId: packTexts(events.map(({ eventId }) => eventId)),
    experiment: packTexts(events.map(({ experiment }) => experiment)),
    userId: packTexts(events.map(({ userId }) => userId)),
    variant: packTexts(events.map(({ variant }) => variant)),
    accountType: packTexts(events.map(({ accountType }) => accountType)),
    eventType: packTexts(events.map(({ eventType }) => eventType)),
    occurredAtUs,
    amounts,
  };
};

const unpack = (packed: EventBlock): ExperimentEvent[] => {
  const [eventIds, experiments] = [unpackTexts(packed.eventId), unpackTexts(packed.experiment)];
  const [userIds, variants] = [unpackTexts(packed.userId), unpackTexts(packed.variant)];
  const [accountTypes, eventTypes] = [unpackTexts(packed.accountType), unpackTexts(packed.eventType)];
  const { occurredAtUs, amounts } = packed;
  const events: ExperimentEvent[] = [];
  for (let index = 0; index < occurredAtUs.length; index++) {
    const units = amounts[2 * index] as number;
    const micros = amounts[2 * index + 1] as number;
    events.push({
      eventId: eventIds[index] as string | null,
      experiment: experiments[index] as string | null,
      userId: userIds[index] as string,
      variant: variants[index] as string,
      accountType: accountTypes[index] as string,
      eventType: eventTypes[index] as string | null,
      occurredAtUs: occurredAtUs[index] as number,
      amount: Number.isNaN(units) ? null : { units, micros },
    });
  }
  return events;
};

/** Events as columns, which threads exchange in a fraction of the time of objects. */
export const eventBlocks: RecordBlocks<ExperimentEvent> = {
  pack,
  unpack: (packed) => unpack(packed as EventBlock),
};
