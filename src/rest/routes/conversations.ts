import { z } from '@hono/zod-openapi';
import type { SymbolSummary } from '../../domains/conversations/dashboard.ts';
import { DomainError } from '../../errors.ts';
import { formatInstant } from '../../lib/time.ts';
import { asOfOf, snapshotParameters } from '../as-of.ts';
import { lower, symbol, upper, uuid } from '../parameters.ts';
import { defineRoute, ledgerAlone } from '../route.ts';

export const initial = defineRoute({
  operationId: 'startConversation',
  tag: 'Conversations',
  method: 'POST',
  path: '/initial',
  subject: 'facts',
  fastPath: true,
  summary: 'Starts a conversation: is the symbol a vowel?',
  description:
    'Returns the server’s guess, `True` or `False`. A repeat of a UUID with the same symbol is stored once and gets the same guess; a repeat with another symbol is a conflict (409).',
  fields: { uuid, symbol },
  response: { schema: z.enum(['True', 'False']), example: 'True', type: 'text/plain' },
  async handle({ uuid, symbol }, { conversations }, { sentBy }) {
    const { isVowelGuess } = await conversations.start(uuid, symbol, sentBy);
    return isVowelGuess ? 'True' : 'False';
  },
});

export const followup = defineRoute({
  operationId: 'followUpConversation',
  tag: 'Conversations',
  method: 'POST',
  path: '/followup',
  subject: 'facts',
  fastPath: true,
  summary: 'Follows up a conversation',
  description: 'Every follow-up counts, including repeats and those of a conversation whose start is not stored.',
  fields: { uuid },
  response: { schema: z.literal('hooray'), example: 'hooray', type: 'text/plain' },
  async handle({ uuid }, { conversations }, { sentBy }) {
    await conversations.followUp(uuid, sentBy);
    return 'hooray';
  },
});

const time = z
  .string()
  .nullable()
  .openapi({ description: 'UTC, `YYYY-MM-DD HH:MM:SS.ffffff`; null without a conversation.' });

const line = z.object({
  count: z.int().min(0).openapi({ description: 'Conversations that started with the symbol.' }),
  symbol: z.string(),
  earliest: time,
  latest: time,
  followups: z
    .int()
    .min(0)
    .openapi({ description: 'Follow-ups of those conversations at any time, including repeats.' }),
});

const example: z.infer<typeof line> = {
  count: 2,
  symbol: 'e',
  earliest: '2024-01-02 03:04:05.000006',
  latest: '2024-01-02 08:30:00.250000',
  followups: 1,
};

export const dashboardOfSymbol = defineRoute({
  operationId: 'getDashboardOfSymbol',
  tag: 'Conversations',
  path: '/dashboard/symbol/{symbol}',
  subject: 'facts',
  basis: ledgerAlone,
  summary: 'All conversations about a symbol',
  params: { symbol },
  query: snapshotParameters,
  response: { schema: line, example },
  handle: async ({ symbol, ...asOf }, { dashboard }, { work }) =>
    lineOf(await dashboard.ofSymbol(symbol, asOfOf(asOf), work)),
});

export const dashboardOfRange = defineRoute({
  operationId: 'getDashboardOfRange',
  tag: 'Conversations',
  path: '/dashboard/range/{lower}/{upper}',
  subject: 'facts',
  basis: ledgerAlone,
  summary: 'The conversations that started in a range of time, by symbol',
  description:
    'From `lower` (included) to `upper` (excluded), exact to the microsecond. One line per symbol that has conversations, a to z; follow-ups count at the start of their conversation.',
  params: { lower, upper },
  query: snapshotParameters,
  response: { schema: z.array(line), example: [example] },
  async handle({ lower, upper, ...sent }, { dashboard }, { work }) {
    if (upper < lower) throw reversedRange();
    const range = { between: { from: lower, to: upper } };
    const { symbols } = await dashboard.figures({ range, timeZone: 'UTC', asOf: asOfOf(sent) }, work);
    return symbols.filter(({ count }) => count > 0).map(lineOf);
  },
});

const reversedRange = (): DomainError => {
  const message = 'upper is before lower';
  return new DomainError('BAD_REQUEST', message, { problems: [{ path: 'upper', code: 'OUT_OF_RANGE', message }] });
};

const lineOf = ({ count, symbol, earliestUs, latestUs, followups }: SymbolSummary): z.infer<typeof line> => ({
  count,
  symbol,
  earliest: formatTime(earliestUs),
  latest: formatTime(latestUs),
  followups,
});

const formatTime = (atUs: number | null): string | null => {
  if (atUs === null) return null;
  const [seconds = '', fraction = ''] = formatInstant(atUs).slice(0, -1).split('.');
  return `${seconds.replace('T', ' ')}.${fraction.padEnd(6, '0')}`;
};
