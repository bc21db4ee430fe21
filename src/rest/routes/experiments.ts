import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { RecordOutcome } from '../../ledger/record.ts';
import { preview } from '../../lib/problems.ts';
import { isSummary } from '../parameters.ts';
import { defineRoute } from '../route.ts';

const event = z
  .looseObject({
    user_id: z.string(),
    account_type: z.string(),
    date: z.string(),
    event_type: z.string().nullable(),
    order_value: z.number().nullable(),
    version: z.string(),
    event_id: z.string().optional(),
    experiment: z.string().optional(),
  })
  .openapi('ExperimentEvent');

const example = {
  user_id: '1',
  account_type: 'free',
  date: '2023-05-01',
  event_type: null,
  order_value: null,
  version: 'A',
};

/** The content types that `curl -d` and Python's urllib send by default. */
const lenientContentTypes = ['', 'application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream'];

const warnings = z
  .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
  .openapi({ description: 'What of the request was ignored, such as unknown parameters.' });

export const receiveEvent = defineRoute({
  operationId: 'receiveEvent',
  tag: 'Experiments',
  method: 'POST',
  path: '/receive_event',
  subject: 'facts',
  fastPath: true,
  summary: 'Records one event of an experiment',
  description:
    'Responds once the event is on disk. With an id in `event_id` or in the header `Idempotency-Key`, the same event again is a `duplicate`, and other content under the same id for the same experiment is a conflict; without an id every event is new. A malformed event is stored as a reject.',
  headers: [
    {
      name: 'idempotency-key',
      description: 'The id of the event, when `event_id` is absent.',
      example: 'order-4711',
    },
  ],
  body: { types: ['application/json'], lenientContentTypes, schema: event, example },
  errorCodes: ['CONFLICT', 'VALIDATION_FAILED', 'TOO_LARGE', 'OVERLOADED'],
  ignoresUnknownQuery: true,
  response: {
    schema: z.object({ status: z.enum(['created', 'duplicate']), warnings: warnings.optional() }),
    example: { status: 'created' },
  },
  async handle(_input, { eventQueue }, { body, header, sentBy, warnings }) {
    const key = header('idempotency-key');
    const origin = 'the header Idempotency-Key';
    const outerId = key ? { field: 'event_id', origin, id: textOfHeader(key) } : null;
    const outcome = await eventQueue.receiveOne(await body.bytes(), sentBy, outerId);
    if (outcome.kind === 'CREATED' || outcome.kind === 'DUPLICATE')
      return { status: statusOf(outcome), ...warned(warnings) };
    const { kind, problems } = outcome;
    const message = problems.map((problem) => problem.message).join('; ');
    throw new DomainError(kind === 'CONFLICT' ? 'CONFLICT' : 'VALIDATION_FAILED', message, { problems });
  },
});

export const receiveEvents = defineRoute({
  operationId: 'receiveEvents',
  tag: 'Experiments',
  method: 'POST',
  path: '/events',
  subject: 'facts',
  fastPath: true,
  summary: 'Records any number of events, one per line',
  description:
    'JSON Lines or a JSON array, processed while it is received; or an envelope, an object with a list `batch` or `events`, whose `experiment` is that of all its events. With the header `Idempotency-Key` the body is stored at once, and the same body again has the same response and stores nothing; another body with that key is 422. The response has one line per event, in order, each written once the event is on disk; with `summary=1` it is one object of counts. Malformed events and conflicts are stored as rejects and do not affect the others. At most `rejectsPerRequestMax` of them are stored in one request: with more, it ends with an error that names the first record that was not stored. An error in the middle of the body is reported in a last line, in the format of an error, and says what became of the records before it. What was ignored is reported in a last line, too: `{"warnings": […]}`.',
  ignoresUnknownQuery: true,
  query: { summary: isSummary.optional() },
  headers: [
    {
      name: 'idempotency-key',
      description: 'A text that is the same when the same body is sent again.',
      example: 'batch-2026-01-02',
    },
  ],
  body: {
    types: ['application/x-ndjson', 'application/json'],
    lenientContentTypes: [...lenientContentTypes, 'application/jsonl', 'application/ndjson', 'application/x-jsonlines'],
    schema: z.string(),
    example: `${JSON.stringify(example)}\n`,
    others: {
      'application/json': {
        schema: z.union([
          z.array(event),
          z.looseObject({ batch: z.array(event), experiment: z.string().optional() }),
          z.looseObject({ events: z.array(event), experiment: z.string().optional() }),
        ]),
        example: [example],
      },
    },
    isStream: true,
  },
  response: {
    schema: z.string(),
    example: `${JSON.stringify({ index: 0, status: 'created' })}\n`,
    type: 'application/x-ndjson',
    others: {
      'application/json': z
        .object({
          received: z.int(),
          created: z.int(),
          duplicates: z.int(),
          conflicts: z.int(),
          rejected: z.int(),
          warnings: warnings.optional(),
        })
        .openapi({ description: 'With `summary=1`.' }),
    },
  },
  errorCodes: ['VALIDATION_FAILED', 'TOO_LARGE', 'OVERLOADED'],
  async handle({ summary }, { eventQueue, config, health }, { body, header, sentBy, warnings }) {
    const fault = health.writeFault();
    if (fault) throw fault;
    const notes = [...warnings];
    const onIgnored = (names: readonly string[]): void => void notes.push(...names.map(ignoredField));
    const key = header('idempotency-key');
    const batches = key
      ? Readable.from([
          await eventQueue.receiveBatch(
            await body.bytes(config.bodyBytesMax),
            { sentBy, key: textOfHeader(key), field: 'Idempotency-Key' },
            onIgnored,
          ),
        ])
      : eventQueue.receiveStream(body.chunks(), sentBy, onIgnored);
    if (summary) return { ...(await countsOf(batches)), ...warned(notes) };
    const lines = linesOf(batches, notes);
    // A body that is not what its header says is refused by the status of the response.
    return body.isCompressed ? withFirstComputed(lines) : lines;
  },
});

const ignoredField = (path: string): FieldProblem => ({
  path,
  code: 'NOT_ALLOWED',
  message: `the field ${preview(path)} beside the list of events was ignored`,
});

/** Node decodes header bytes as Latin-1; UTF-8 is decoded as such here, so that an id is the same in a header and in a body. */
const textOfHeader = (header: string): string => {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : header;
};

const statusOf = ({ kind }: RecordOutcome): string => kind.toLowerCase();

type Warnings = readonly FieldProblem[];

const warned = (warnings: Warnings): { readonly warnings?: Warnings } => (warnings.length > 0 ? { warnings } : {});

/** The same texts after the first of them has been computed. Rejects when that fails. */
const withFirstComputed = async (texts: AsyncGenerator<string>): Promise<AsyncGenerator<string>> => {
  const first = await texts.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* texts;
  })();
};

async function* linesOf(batches: AsyncIterable<readonly RecordOutcome[]>, warnings: Warnings): AsyncGenerator<string> {
  let index = 0;
  for await (const outcomes of batches) {
    let text = '';
    for (const outcome of outcomes) {
      const { problems } = outcome as { problems?: unknown };
      text += `${JSON.stringify({ index: index++, status: statusOf(outcome), problems })}\n`;
    }
    yield text;
  }
  if (warnings.length > 0) yield `${JSON.stringify({ warnings })}\n`;
}

const countsOf = async (batches: AsyncIterable<readonly RecordOutcome[]>) => {
  const counts = { CREATED: 0, DUPLICATE: 0, CONFLICT: 0, REJECTED: 0 };
  let received = 0;
  for await (const outcomes of batches)
    for (const { kind } of outcomes) {
      received++;
      counts[kind]++;
    }
  return {
    received,
    created: counts.CREATED,
    duplicates: counts.DUPLICATE,
    conflicts: counts.CONFLICT,
    rejected: counts.REJECTED,
  };
};
