import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { OperationRequest } from './operations.ts';

/** Every path of the API: `/graphql`, also with a suffix for the rows of a document. */
const graphqlEndpoint = '/graphql{.:format}?';

/** What Yoga calls for one request. `read` and `execute` may throw; `refuse` then says what is answered. */
export interface RequestStages<Outcome> {
  read(request: Request): Promise<OperationRequest>;
  execute(operation: OperationRequest, request: Request): Promise<Outcome>;
  refuse(error: unknown): Outcome;
  /** The result in an outcome, for plugins that look at results. */
  resultOf(outcome: Outcome): ExecutionResult;
  respond(outcome: Outcome): Response;
}

interface ServerContext {
  readonly exchange: Exchange<unknown>;
}

/**
 * The server for requests of the Fetch standard: Yoga routes a request, calls its stages, and runs plugins between them.
 * Yoga's own stages are replaced: they read numbers as doubles, answer malformed requests without a code of ours, and
 * send statuses other than 200 after execution has begun.
 */
export const createYogaServer = (schema: GraphQLSchema) => {
  const yoga = createYoga<ServerContext>({
    schema,
    graphqlEndpoint,
    // The request guard limits requests and adds the headers of CORS; errors are masked where operations are executed.
    ...{ cors: false, maxRequestBodySize: false, maskedErrors: false, multipart: false },
    ...{ graphiql: false, landingPage: false, logging: false, parserAndValidationCache: false },
    extraParamNames: ['documentId'],
    plugins: [stagesPlugin],
  });
  return async <Outcome>(request: Request, stages: RequestStages<Outcome>): Promise<Response> =>
    yoga.fetch(request, { exchange: new Exchange(stages) as Exchange<unknown> });
};

/** One request on its way through Yoga. */
class Exchange<Outcome> {
  readonly #stages: RequestStages<Outcome>;
  #operation: OperationRequest | undefined;
  #outcome: Outcome | undefined;

  constructor(stages: RequestStages<Outcome>) {
    this.#stages = stages;
  }

  /** The parameters of the request; none when it is malformed. */
  async read(request: Request) {
    try {
      this.#operation = await this.#stages.read(request);
    } catch (error) {
      this.#outcome = this.#stages.refuse(error);
    }
    return this.#operation?.parameters;
  }

  async execute(request: Request): Promise<ExecutionResult> {
    if (this.#operation) {
      try {
        this.#outcome = await this.#stages.execute(this.#operation, request);
      } catch (error) {
        this.#outcome = this.#stages.refuse(error);
      }
    }
    return this.#outcome === undefined ? {} : this.#stages.resultOf(this.#outcome);
  }

  /** `result` is that of Yoga; it matters only when a plugin failed, so that there is no outcome. */
  respond(result: unknown): Response {
    return this.#stages.respond(this.#outcome ?? this.#stages.refuse(faultIn(result)));
  }
}

const faultIn = (result: unknown): unknown =>
  typeof result === 'object' && result !== null && 'errors' in result && Array.isArray(result.errors)
    ? result.errors[0]
    : new Error('a request has no outcome');

const stagesPlugin: Plugin<object, ServerContext> = {
  onRequestParse({ serverContext: { exchange }, setRequestParser }) {
    setRequestParser(async (request) => {
      const { query, ...others } = (await exchange.read(request)) ?? { query: null };
      // Yoga requires a text, which a request by id does not have.
      return { query: query ?? '', ...others } as { query: string };
    });
  },
  onParams({ request, context: { exchange }, setParamsHandler }) {
    setParamsHandler(() => exchange.execute(request));
  },
  onResultProcess({ result, serverContext: { exchange }, setResultProcessor }) {
    setResultProcessor(() => exchange.respond(result), '*/*');
  },
};
