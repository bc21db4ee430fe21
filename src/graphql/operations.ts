import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
} from 'graphql';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Context, RequestInfo, Services } from '../context.ts';
import { createContextFactory } from '../context.ts';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError } from '../errors.ts';
import { clientLeft, type EarlyEnd, untilEnd } from '../http/ended-work.ts';
import { preview } from '../lib/problems.ts';
import { Stages } from '../lib/yielding.ts';
import { checkAccess, hasAccess, rootFields } from './access.ts';
import { type Answer, executed, refusalOf, requestErrors, succeeded } from './answer.ts';
import { type Documents, findOperation, type Operation, operationNamed, type PreparedDocument } from './documents.ts';
import { maskResult } from './errors.ts';
import { createExecute, type ExecuteArgs } from './execute.ts';
import { withExtensions } from './execution/text-result.ts';
import { fixedObjects } from './fixed-objects.ts';
import { budgetOf, checkSize, costOf } from './limits.ts';
import type { RequestParameters } from './parameters.ts';
import { areasOf } from './rests-on.ts';
import { createSubscriptions, type StreamedResult, type SubscriptionSteps } from './subscriptions.ts';
import type { ResolvedDocument } from './trusted-documents/resolve-document.ts';
import { readVariables, type Variables } from './variables.ts';

/**
 * Finds the text of the document that a request names: the one way by which parameters become a document, whatever carried
 * them. Throws a DomainError when there is none, or when the caller may not execute it.
 */
export type ResolveDocument = (
  parameters: RequestParameters,
  caller: Principal | null,
) => Pick<ResolvedDocument, 'text' | 'register'>;

/** Executes a query, a mutation, or a subscription for one of its events, whose access and limits have been checked. */
export type Execute = (
  operation: Operation,
  variables: Variables,
  context: Context,
  event?: unknown,
) => ExecutionResult | Promise<ExecutionResult>;

/** A GraphQL request, whatever carried it. */
export interface OperationRequest extends RequestInfo {
  readonly parameters: RequestParameters;
  /** True for a GET request, which must change nothing. */
  readonly isReadOnly: boolean;
}

/** A request whose caller may execute its operation. */
export interface FoundRequest {
  readonly request: OperationRequest;
  readonly operation: Operation;
}

/** A request that may be executed. */
export interface PreparedRequest {
  readonly operation: Operation;
  readonly variables: Variables;
  readonly context: Context;
  /** What the answer says beside its result. */
  readonly extensions: Readonly<Record<string, unknown>> | null;
}

/** The one pipeline of all GraphQL requests: document, access, variables, limits, execution, masked errors. */
export interface Operations {
  /** The operation of a request; throws nothing: a request that is refused has its answer. A long document is validated in slices. */
  find(request: OperationRequest): FoundRequest | Answer | Promise<FoundRequest | Answer>;
  /** Reads its variables and checks its size; throws nothing. */
  prepare(found: FoundRequest): PreparedRequest | Answer;
  /** Executes a query or mutation. */
  execute(prepared: PreparedRequest): Answer | Promise<Answer>;
  /** Begins a subscription, or refuses it. */
  subscribe(prepared: PreparedRequest): Promise<Answer | AsyncIterable<StreamedResult>>;
  /** The answer to a request that failed before its parameters were known. */
  refuse(error: unknown, requestId: string): Answer;
}

export interface OperationsOptions {
  readonly services: Services;
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly log: Logger;
  readonly resolveDocument: ResolveDocument;
  readonly execute: Execute;
}

/** A client has left before its answer: a query ends; what changes something is finished. */
export const leave = ({ operation: { node }, context: { work } }: PreparedRequest): void => {
  if (node.operation === 'query') work.end(clientLeft());
};

export const isPrepared = (prepared: PreparedRequest | Answer): prepared is PreparedRequest => 'operation' in prepared;

const isFound = (found: FoundRequest | Answer): found is FoundRequest => 'operation' in found;

/** Finds and prepares the operation of a request, of which long documents and variables let other requests run in between. */
export const prepareInStages = async (
  operations: Operations,
  request: OperationRequest,
): Promise<PreparedRequest | Answer> => {
  const stages = new Stages();
  const finding = operations.find(request);
  // Most are there at once: awaiting them would cost as much as finding them.
  const found = finding instanceof Promise ? await finding : finding;
  if (!isFound(found)) return found;
  await stages.next();
  const prepared = operations.prepare(found);
  await stages.next();
  return prepared;
};

export const createOperations = (options: OperationsOptions): Operations => {
  const { services, schema, log } = options;
  const { config } = services;
  const variablesSetting = { schema, errorsMax: config.inputErrorsMax };
  const subscriptions = createSubscriptions(config);
  const contextOf = createContextFactory(services, budgetOf(config));
  const refuse = (error: unknown, requestId: string): Answer => refusalOf(error, log, requestId);
  const refusing = refuserOf(refuse);

  const operationOf = createFinder(options, refusing);

  const check = (request: OperationRequest, operation: Operation): PreparedRequest | Answer => {
    const variables = readVariables(variablesSetting, operation.variables, request.parameters.variables);
    if ('errors' in variables) return requestErrors('BAD_USER_INPUT', variables.errors);
    const size = operation.sizeFor(variables.coerced);
    const extensions = isCostRequested(request) ? { cost: costOf(size, config) } : null;
    const refused = refusing(request, () => checkSize(size, config));
    if (refused) return withCost(refused, extensions);
    return { operation, variables, context: contextOf(request), extensions };
  };

  return {
    refuse,
    find(request) {
      const foundOf = (operation: Operation | Answer): FoundRequest | Answer =>
        'node' in operation ? { request, operation } : operation;
      const operation = refusing(request, () => operationOf(request));
      return operation instanceof Promise
        ? operation.catch((error: unknown) => refuse(error, request.requestId)).then(foundOf)
        : foundOf(operation);
    },
    prepare({ request, operation }) {
      const prepared = refusing(request, () => check(request, operation));
      return isPrepared(prepared) ? prepared : { ...prepared, ...subscriptionMark(operation) };
    },
    execute(prepared) {
      const answer = (result: ExecutionResult): Answer => answerOf(prepared, result, log);
      const failed = (error: unknown): Answer => refuse(error, prepared.context.requestId);
      try {
        const result = options.execute(prepared.operation, prepared.variables, prepared.context);
        return result instanceof Promise
          ? untilEnd(result, endOf(prepared, config)).then(answer).catch(failed)
          : answer(result);
      } catch (error) {
        return failed(error);
      }
    },
    async subscribe(prepared) {
      const { context, operation, variables } = prepared;
      const args = argsOf(schema, prepared);
      const { queryMsMax: msMax } = config;
      try {
        const results = await subscriptions.open(context, {
          subscribe: () => createSourceEventStream(args),
          // Each result has the limits of a query, and loads its objects anew.
          async execute(event, resultContext) {
            const result = options.execute(operation, variables, resultContext, event);
            return untilEnd(Promise.resolve(result), { work: resultContext.work, msMax });
          },
          contextOf: () => contextOf(context),
          idOf: eventIdsOf(schema, prepared.operation),
          mask: (result) => maskResult(result, log, context.requestId),
        });
        return Symbol.asyncIterator in results ? results : { ...succeeded(results), ...isOfSubscription };
      } catch (error) {
        return { ...refuse(error, context.requestId), ...isOfSubscription };
      }
    },
  };
};

/** Finds the operation of a request whose caller may execute it. */
const createFinder =
  ({ services: { apiKeys, ledger }, schema, documents, resolveDocument }: OperationsOptions, refusing: Refuser) =>
  (request: OperationRequest): Operation | Answer | Promise<Operation | Answer> => {
    const { parameters, caller, isReadOnly } = request;
    if (!ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
    const { text, register } = resolveDocument(parameters, caller);
    const { parsed, prepareInSlices } = documents.parse(text);
    // Before anything that costs more than parsing; without an operation, before the errors of the document.
    const known = parsed && findOperation(parsed, parameters.operationName);
    const refused = known && refusing(request, () => checkAccess(known.access, apiKeys, caller));
    if (refused) return { ...refused, ...subscriptionMark(known) };
    if (!known && parsed && caller === null) apiKeys.admit(caller, []);
    const choose = ({ operations, refusal }: PreparedDocument): Operation | Answer => {
      if (refusal) return refusal;
      if (register && operations.every(({ access }) => hasAccess(access, apiKeys, caller))) register();
      const operation = operationNamed(operations, parameters.operationName);
      if (ledger.damages.length > 0) for (const area of areasOf(schema, operation)) ledger.refuseDamaged(area);
      if (isReadOnly && operation.node.operation === 'mutation') throw mutationByGet();
      return operation;
    };
    const prepared = prepareInSlices();
    return prepared instanceof Promise ? prepared.then(choose) : choose(prepared);
  };

const endOf = (
  { operation: { node }, context: { work } }: PreparedRequest,
  { queryMsMax }: Pick<Config, 'queryMsMax'>,
): EarlyEnd | null => (node.operation === 'query' ? { work, msMax: queryMsMax } : null);

const answerOf = ({ context, extensions }: PreparedRequest, result: ExecutionResult, log: Logger): Answer =>
  withCost(executed(maskResult(result, log, context.requestId)), extensions);

const withCost = (answer: Answer, extensions: PreparedRequest['extensions']): Answer =>
  extensions ? { ...answer, result: withExtensions(answer.result, extensions) } : answer;

type Refuser = ReturnType<typeof refuserOf>;

/** Takes a step of a request, or gives the answer to a step that failed. */
const refuserOf =
  (refuse: Operations['refuse']) =>
  <T>({ requestId }: OperationRequest, step: () => T): T | Answer => {
    try {
      return step();
    } catch (error) {
      return refuse(error, requestId);
    }
  };

const isOfSubscription = { isOfSubscription: true } as const;

const subscriptionMark = ({ node }: Pick<Operation, 'node'>) =>
  node.operation === 'subscription' ? isOfSubscription : {};

/** How the events of a subscription are numbered, so that a client can resume: the extension `eventIdOf` of its field. */
const eventIdsOf = (schema: GraphQLSchema, { document, node }: Operation): SubscriptionSteps['idOf'] => {
  const [name = '', ...others] = rootFields(document, node.selectionSet);
  const idOf = schema.getSubscriptionType()?.getFields()[name]?.extensions.eventIdOf;
  return others.length === 0 && typeof idOf === 'function' ? (event) => String(idOf(event)) : () => null;
};

/** `extensions: { cost: true }` of a request. Throws BAD_REQUEST for another value. */
const isCostRequested = ({ parameters: { extensions } }: OperationRequest): boolean => {
  const cost = extensions?.cost ?? false;
  if (typeof cost === 'boolean') return cost;
  throw new DomainError('BAD_REQUEST', `extensions.cost must be true or false, not ${preview(cost)}`);
};

const mutationByGet = (): DomainError =>
  new DomainError('METHOD_NOT_ALLOWED', 'a mutation must be sent by POST', { details: { allow: 'POST' } });

/** What an operation costs at least that is planned at its first execution. */
const plannedCostMin = 100;

/**
 * Executes operations of a schema. A plan is made when an operation is executed again, or may have many values: making it costs
 * more than a single object saves, and what has no plan is not divided into slices.
 */
export const executeWith = (schema: GraphQLSchema): Execute => {
  const executePlan = createExecute(schema, fixedObjects);
  const executed = new WeakSet<Operation>();
  return (operation, variables, context, event) => {
    const { document, node, sizeFor } = operation;
    const args: ExecuteArgs = {
      schema,
      document,
      operationName: node.name?.value ?? null,
      variableValues: variables.raw,
      coercedVariables: variables.coerced,
      contextValue: context,
      rootValue: event,
      // What changes something is not ended in the middle.
      ...(node.operation === 'mutation' ? {} : { work: context.work }),
    };
    if (executed.has(operation) || sizeFor(variables.coerced).cost > plannedCostMin) return executePlan(args);
    executed.add(operation);
    return execute(args) as ReturnType<Execute>;
  };
};

const argsOf = (
  schema: GraphQLSchema,
  { operation: { document, node }, variables: { raw }, context }: PreparedRequest,
): ExecutionArgs => ({
  schema,
  document,
  operationName: node.name?.value ?? null,
  variableValues: raw,
  contextValue: context,
});
