import {
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeOfGraphqlJs,
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Work } from '../lib/work.ts';
import { executeFields, executeSerially } from './execution/complete.ts';
import { Execution, type ExecutionValues } from './execution/execution.ts';
import { type FixedObjects, FixedTexts } from './execution/fixed-texts.ts';
import { type Planned, PlannedOperation } from './execution/planned-operation.ts';
import { createTextResult } from './execution/text-result.ts';
import { piecesOf, type Text } from './execution/texts.ts';

type Result = ExecutionResult | Promise<ExecutionResult>;

export interface ExecuteArgs extends ExecutionArgs {
  /** The variables as the schema reads them, where the caller has read them already. */
  readonly coercedVariables?: Readonly<Record<string, unknown>>;
  /** Ends the execution early; it then never settles. */
  readonly work?: Work;
}

/** Fields in all plans together; each holds about 500 bytes. */
const plannedFieldsMax = 40_000;

/** As in graphql-js: each error costs a search for suggestions. */
const variableErrorsMax = 50;

/**
 * Executes operations as `execute` of graphql-js does, and writes the data as JSON while it completes them. A query, a
 * mutation, or the selection of a subscription for each of its events, is planned once while its document is the same object.
 * Objects that are `fixed` are written once for all answers of one state.
 */
export const createExecute = (
  schema: GraphQLSchema,
  fixed: FixedObjects | null = null,
): ((args: ExecuteArgs) => Result) => {
  const setting = { schema, fixed, texts: new FixedTexts() };
  const operations = new LRUCache<OperationDefinitionNode, PlannedOperation>({
    maxSize: plannedFieldsMax,
    sizeCalculation: ({ fieldCount }) => fieldCount + 1,
  });

  const plannedOf = (args: ExecutionArgs, operation: OperationDefinitionNode): PlannedOperation =>
    operations.get(operation) ?? new PlannedOperation(setting, args.document, operation);

  return (args) => {
    const operation = isPlain(args, schema) ? operationOf(args) : undefined;
    if (!operation) return executeOfGraphqlJs(args);
    const { coerced, errors } = variablesOf(args, operation);
    if (!coerced) return { errors };
    const plans = plannedOf(args, operation);
    const planned = plans.planFor(coerced);
    if (!planned) return executeOfGraphqlJs(args);
    const plannedBefore = planned.plan.fieldCount;
    const { rootValue, contextValue, work } = args;
    const result = executePlan(planned, { rootValue, contextValue, variables: coerced, work });
    // The fields of objects are planned when the first object is completed: the cache measures an entry when it is set.
    const remember = (): void => {
      if (planned.plan.fieldCount !== plannedBefore || !operations.has(operation)) operations.set(operation, plans);
    };
    if (result instanceof Promise) void result.then(remember);
    else remember();
    return result;
  };
};

/** Whether nothing but the schema says how fields are resolved. */
const isPlain = ({ schema, fieldResolver, typeResolver }: ExecutionArgs, planned: GraphQLSchema): boolean =>
  schema === planned && !fieldResolver && !typeResolver;

/** The operation with the name, or the only one; undefined where graphql-js reports why there is none. */
const operationOf = ({ document, operationName }: ExecutionArgs): OperationDefinitionNode | undefined => {
  let found: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const isNamed = operationName !== null && operationName !== undefined;
    if (isNamed && definition.name?.value !== operationName) continue;
    if (!isNamed && found) return undefined;
    found = definition;
  }
  return found;
};

const variablesOf = (
  { schema, variableValues, coercedVariables }: ExecuteArgs,
  { variableDefinitions = [] }: OperationDefinitionNode,
): ReturnType<typeof getVariableValues> =>
  coercedVariables
    ? { coerced: coercedVariables }
    : getVariableValues(schema, variableDefinitions, variableValues ?? {}, { maxErrors: variableErrorsMax });

const executePlan = ({ plan, root }: Planned, values: ExecutionValues): Result => {
  plan.executions += 1;
  const isMutation = plan.operation.operation === OperationTypeNode.MUTATION;
  // What changes something is finished, whoever waits for it.
  const execution = new Execution(plan, isMutation ? { ...values, work: new Work() } : values);
  const { errors } = execution;
  const succeed = (text: Text): ExecutionResult =>
    createTextResult(piecesOf(text), errors.length === 0 ? undefined : errors);
  const fail = (error: unknown): ExecutionResult => {
    execution.addError(error as GraphQLError, undefined);
    return { errors, data: null };
  };
  try {
    if (isMutation) return executeSerially(execution, root, values.rootValue).then(succeed, fail);
    const text = executeFields(execution, root, values.rootValue, undefined);
    return typeof text === 'string' ? succeed(text) : text.then(succeed, fail);
  } catch (error) {
    return fail(error);
  }
};
