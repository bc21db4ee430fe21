import type { Services } from '../context.ts';
import { keyOf } from '../http/credentials.ts';
import type { FastGuard } from '../http/fast-guard.ts';
import type { NodeRequest } from '../http/request.ts';
import type { HttpResponse } from '../http/response.ts';
import type { FastPath } from '../http/server.ts';
import { createAcceptReader } from './accept.ts';
import { type Answer, httpResponseOf, type JsonType } from './answer.ts';
import { isPrepared } from './operations.ts';
import { checkContentType, isJson, parametersIn, readBytes } from './read-parameters.ts';
import type { Graphql } from './server.ts';

/**
 * Answers JSON sent by POST without the objects of the Fetch standard, which cost more than the execution of a small
 * operation (docs/decisions/0024). All other requests, and subscriptions, take the usual path.
 */
export const createGraphqlFastPath = (
  guard: FastGuard,
  { operations }: Graphql,
  { apiKeys, config }: Services,
): FastPath => {
  const acceptedBy = createAcceptReader();

  return (incoming) => {
    const { method, headers } = incoming;
    if (method !== 'POST' || !isJson(headers['content-type']) || headers['content-encoding'] !== undefined)
      return undefined;
    const address = guard.addressOf(incoming);
    if (address?.pathname !== '/graphql') return undefined;
    const accepted = acceptedBy(headers.accept);
    if (accepted.preferred === null || accepted.preferred === 'text/event-stream') return undefined;
    const type: JsonType = accepted.preferred;
    let body: Buffer | undefined;

    const answer = async (request: NodeRequest): Promise<Answer | null> => {
      checkContentType(headers['content-type']);
      body = await readBytes(request, config);
      const parameters = parametersIn(body, headers['content-type']);
      const caller = apiKeys.callerOf(keyOf(request.header));
      const prepared = operations.prepare({
        parameters,
        caller,
        origin: request.origin,
        requestId: request.id,
        isReadOnly: false,
      });
      if (!isPrepared(prepared)) return prepared.isOfSubscription && accepted.events ? null : prepared;
      return prepared.operation.node.operation === 'subscription' ? null : operations.execute(prepared);
    };
    const refuse = (error: unknown, { id }: NodeRequest): HttpResponse =>
      httpResponseOf(operations.refuse(error, id), type);
    const handle = async (request: NodeRequest): Promise<HttpResponse | null> => {
      try {
        const answered = await answer(request);
        return answered && httpResponseOf(answered, type);
      } catch (error) {
        return refuse(error, request);
      }
    };

    return {
      isStream: false,
      respond: async (outgoing) =>
        (await guard.respond(incoming, outgoing, address, { handle, refuse })) ? undefined : body,
    };
  };
};
