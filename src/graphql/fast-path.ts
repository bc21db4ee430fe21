import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Services } from '../context.ts';
import type { Principal } from '../domains/api-keys.ts';
import { keyOf } from '../http/credentials.ts';
import type { FastGuard, FastHandler } from '../http/fast-guard.ts';
import type { Address, NodeRequest } from '../http/request.ts';
import type { HttpResponse } from '../http/response.ts';
import type { FastPath, FastRequest } from '../http/server.ts';
import { Stages } from '../lib/yielding.ts';
import { type Accepted, createAcceptReader } from './accept.ts';
import { type Answer, httpResponseOf, type JsonType } from './answer.ts';
import { isPrepared, leave, type PreparedRequest, prepareInStages } from './operations.ts';
import { checkContentType, isJson, parametersIn, readBytes } from './read-parameters.ts';
import type { Graphql } from './server.ts';

/**
 * Answers JSON sent by POST without the objects of the Fetch standard, which cost more than the execution of a small
 * operation (docs/decisions/0024). All other requests, and subscriptions, take the usual path.
 */
export const createGraphqlFastPath = (guard: FastGuard, { operations }: Graphql, services: Services): FastPath => {
  const acceptedBy = createAcceptReader();
  const setting: Setting = { guard, operations, services };

  return (incoming) => {
    const { method, headers } = incoming;
    if (method !== 'POST' || !isJson(headers['content-type']) || headers['content-encoding'] !== undefined)
      return undefined;
    const address = guard.addressOf(incoming);
    if (address?.pathname !== '/graphql') return undefined;
    const { preferred, events } = acceptedBy(headers.accept);
    if (preferred === null || preferred === 'text/event-stream') return undefined;
    return new JsonRequest(setting, { incoming, address, preferred, events });
  };
};

interface Setting {
  readonly guard: FastGuard;
  readonly operations: Graphql['operations'];
  readonly services: Services;
}

interface Received extends Accepted {
  readonly incoming: IncomingMessage;
  readonly address: Address;
  readonly preferred: JsonType;
}

/** A class, because a closure for each step would cost more than the step. */
class JsonRequest implements FastRequest, FastHandler {
  readonly isStream = false;
  body: Buffer | undefined;
  readonly #setting: Setting;
  readonly #received: Received;

  constructor(setting: Setting, received: Received) {
    this.#setting = setting;
    this.#received = received;
  }

  respond(outgoing: ServerResponse): Promise<boolean> {
    const { incoming, address } = this.#received;
    return this.#setting.guard.respond(incoming, outgoing, address, this);
  }

  async handle(request: NodeRequest): Promise<HttpResponse | null> {
    try {
      checkContentType(request.header('content-type'));
      const { config, apiKeys } = this.#setting.services;
      const caller = apiKeys.callerOf(keyOf(request.header));
      const body = await readBytes(request, config, caller);
      this.body = body;
      const prepared = await this.#prepare(request, body, caller);
      const answer = isPrepared(prepared) ? this.#answer(request, prepared) : prepared;
      // Most answers are there at once: awaiting them would cost as much as looking them up.
      const answered = answer instanceof Promise ? await answer : answer;
      if (answered?.isOfSubscription && this.#received.events) return null;
      return answered && httpResponseOf(answered, this.#received.preferred);
    } catch (error) {
      return this.refuse(error, request);
    }
  }

  refuse(error: unknown, { id }: NodeRequest): HttpResponse {
    return httpResponseOf(this.#setting.operations.refuse(error, id), this.#received.preferred);
  }

  /** Large bodies, documents and variables let other requests run after each stage. */
  async #prepare(request: NodeRequest, body: Buffer, caller: Principal | null): Promise<PreparedRequest | Answer> {
    const { operations, services } = this.#setting;
    const { origin, id } = request;
    const stages = new Stages();
    const parameters = parametersIn(body, request.header('content-type'), services.config);
    await stages.next();
    return prepareInStages(operations, { parameters, caller, origin, requestId: id, isReadOnly: false });
  }

  /** Null for a request that needs a stream. */
  #answer(request: NodeRequest, prepared: PreparedRequest): Answer | Promise<Answer> | null {
    if (prepared.operation.node.operation === 'subscription') return null;
    const answer = this.#setting.operations.execute(prepared);
    if (answer instanceof Promise) request.onLeave(() => leave(prepared));
    return answer;
  }
}
