import { builder } from './builder.ts';

const TimeBetweenInput = builder.inputType('TimeBetweenInput', {
  description: 'A half-open range of time, `[from, to)`.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true, description: 'The first instant of the range (inclusive).' }),
    to: t.field({
      type: 'DateTime',
      required: true,
      description: 'The end of the range (exclusive); not before `from`.',
    }),
  }),
});

const DayRangeInput = builder.inputType('DayRangeInput', {
  description: 'Calendar days, both ends included.',
  fields: (t) => ({
    first: t.field({ type: 'LocalDate', required: true, description: 'The first day (inclusive).' }),
    last: t.field({ type: 'LocalDate', required: true, description: 'The last day (inclusive); not before `first`.' }),
  }),
});

export const TimeRangeInput = builder.inputType('TimeRangeInput', {
  description: 'A half-open range of time, `[from, to)`, in exactly one of these forms.',
  isOneOf: true,
  fields: (t) => ({
    between: t.field({ type: TimeBetweenInput, description: 'Both ends.' }),
    since: t.field({ type: 'DateTime', description: 'From an instant on, without an end.' }),
    last: t.field({
      type: 'Duration',
      description:
        'The last period of this length, up to and including the newest event: of hourly events `PT24H` holds 24. Events dated into the future are not the newest.',
    }),
    days: t.field({
      type: DayRangeInput,
      description: 'One calendar day or several in the time zone of the query (UTC where it has none).',
    }),
  }),
});

export const AsOfInput = builder.inputType('AsOfInput', {
  description:
    'Which records an enrichment uses (SQL:2011 calls the two axes application time and system time). Default: the values in force at the event’s own time, by everything recorded so far.',
  fields: (t) => ({
    validAt: t.field({
      type: 'DateTime',
      description: 'The instant whose values are used; default: each event’s own time. Does not apply to IP ranges.',
    }),
    knownAt: t.field({
      type: 'DateTime',
      description:
        'Use only what was recorded by then: reproduces a figure as it was on that day. Default: everything.',
    }),
    sequence: t.field({
      type: 'BigInt',
      description:
        'The same by sequence number: exactly the state of an earlier `snapshot`, 0 to the newest. It excludes `knownAt`.',
    }),
  }),
});

export const TimeGrain = builder.enumType('TimeGrain', {
  description: 'A period of the civil calendar.',
  values: {
    MINUTE: { description: 'A minute of the local clock.' },
    HOUR: { description: 'An hour of the local clock; the repeated hour of autumn is two.' },
    DAY: { description: 'From midnight to midnight.' },
    WEEK: { description: 'An ISO week, from Monday.' },
    MONTH: { description: 'A calendar month.' },
    QUARTER: { description: 'Three months from January, April, July or October.' },
    YEAR: { description: 'A calendar year.' },
  } as const,
});

export const SortDirection = builder.enumType('SortDirection', {
  description: 'The direction of a sort.',
  values: { ASC: { description: 'Least first.' }, DESC: { description: 'Greatest first.' } } as const,
});
