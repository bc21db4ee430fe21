import type { Services } from '../context.ts';
import { type ErrorCode, statusOfCode } from '../errors.ts';
import { preferredType } from '../http/accept.ts';
import { hasAnswer, installationOf, revalidatedEachTime, snapshotTag } from '../http/etag.ts';
import { toResponse } from '../http/response.ts';
import type { Snapshot } from '../ledger/ledger.ts';
import { stringifyExact } from '../lib/exact-json.ts';
import { type Answer, httpResponseOf, type JsonType, jsonTypes } from './answer.ts';
import type { Operation } from './documents.ts';
import type { Operations, PreparedRequest } from './operations.ts';
import { createPagedOperations, type FollowingRows, followingRows } from './row-pages.ts';
import { dependsOnLedgerOnly } from './trusted-documents/ledger-fields.ts';
import { rowSourceOf } from './trusted-documents/row-source.ts';
import { type RowFormat, rowPieces, rowTypes } from './trusted-documents/row-text.ts';

/** The form of the answer to a GET request. */
export type ReadForm = JsonType | RowFormat;

const rowFormats: Readonly<Record<string, RowFormat>> = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' };

/** Rows by GET, where the suffix of the path or the header `Accept` prefers them; null for the usual forms. */
export const rowFormatOf = ({ method, url, headers }: Request): RowFormat | null => {
  if (method !== 'GET' && method !== 'HEAD') return null;
  const [, suffix] = /\.(csv|ndjson)$/.exec(new URL(url).pathname) ?? [];
  if (suffix) return suffix as RowFormat;
  const types = [...jsonTypes, 'text/event-stream', ...Object.keys(rowFormats)] as const;
  return rowFormats[preferredType(headers.get('accept') ?? undefined, types)] ?? null;
};

export type Reads = (request: Request, prepared: PreparedRequest, form: ReadForm) => Promise<Response>;

/**
 * Answers queries by GET: as JSON, or their list as rows. An answer that depends on the ledger only has an ETag of its
 * sequence number, and is not computed again for a client that has it.
 */
export const createReads = (operations: Operations, services: Services): Reads => {
  const { ledger, config, server, eraser } = services;
  const pagedOf = createPagedOperations();
  const cacheable = new WeakMap<Operation, boolean>();
  let installation: string | undefined;

  const isCacheable = ({ operation }: PreparedRequest): boolean => {
    let known = cacheable.get(operation);
    if (known === undefined) {
      known = dependsOnLedgerOnly(operation.document, operation.node);
      cacheable.set(operation, known);
    }
    return known;
  };

  const etagOf = (request: Request, { operation }: PreparedRequest, form: ReadForm, snapshot: Snapshot): string => {
    const text = operation.document.loc?.source.body;
    installation ??= installationOf(server.version, config, eraser.erasures());
    return snapshotTag(snapshot, [installation, new URL(request.url).search, text, form]);
  };

  const rowsOf = async (request: Request, prepared: PreparedRequest, format: RowFormat): Promise<Read> => {
    const { operation, variables } = prepared;
    const { document, node } = operation;
    const source = rowSourceOf({ document, node, variables: variables.coerced });
    const answer = await operations.execute({ ...prepared, operation: pagedOf(operation) });
    if (answer.result.errors) return { response: jsonOf(failedRows(answer), 'application/json'), isComplete: false };
    const { data } = answer.result;
    const following = followingRows(data, source, variables.coerced);
    const response = toResponse({
      status: 200,
      headers: {
        'content-type': rowTypes[format],
        'content-disposition': `attachment; filename="${node.name?.value ?? 'rows'}.${format}"`,
        ...(following ? { link: linkTo(request, following, variables.raw) } : {}),
      },
      body: await rowPieces(data, source, format),
    });
    return { response, isComplete: true };
  };

  const read = async (request: Request, prepared: PreparedRequest, form: ReadForm): Promise<Read> => {
    if (isRowFormat(form)) return rowsOf(request, prepared, form);
    const answer = await operations.execute(prepared);
    return { response: jsonOf(answer, form), isComplete: !answer.result.errors };
  };

  return async (request, prepared, form) => {
    const before = ledger.snapshot();
    const etag = isCacheable(prepared) ? etagOf(request, prepared, form, before) : null;
    if (etag && hasAnswer(etag, request.headers.get('if-none-match')))
      return new Response(null, { status: 304, headers: { etag, ...revalidatedEachTime } });
    const { response, isComplete } = await read(request, prepared, form);
    for (const [name, value] of Object.entries(revalidatedEachTime)) response.headers.set(name, value);
    // What was recorded during the execution may be in the answer or not.
    if (etag && isComplete && ledger.snapshot().sequence === before.sequence) response.headers.set('etag', etag);
    return response;
  };
};

interface Read {
  readonly response: Response;
  /** False for an answer with errors. */
  readonly isComplete: boolean;
}

const isRowFormat = (form: ReadForm): form is RowFormat => form in rowTypes;

const jsonOf = (answer: Answer, type: JsonType): Response => toResponse(httpResponseOf(answer, type));

/** Rows with errors would be rows that are missing: the answer has the errors only, with the status of the first. */
const failedRows = (answer: Answer): Answer => {
  const { errors = [] } = answer.result;
  const status = answer.status === 200 ? statusOfCode(errors[0]?.extensions?.code as ErrorCode) : answer.status;
  return { ...answer, result: { errors }, status, jsonStatus: status };
};

/** The header Link (RFC 8288) to the rows that follow. */
const linkTo = (request: Request, { relation, variables }: FollowingRows, sent: object): string => {
  const url = new URL(request.url);
  url.searchParams.set('variables', stringifyExact({ ...sent, ...variables }));
  return `<${url.pathname}${url.search}>; rel="${relation}"`;
};
