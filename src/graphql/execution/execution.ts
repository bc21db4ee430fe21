import {
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
} from 'graphql';
import type { Work } from '../../lib/work.ts';
import { Slices } from '../../lib/yielding.ts';
import type { Arguments } from './arguments.ts';
import type { FixedSelection } from './fixed-texts.ts';
import type { FieldPlan, OperationPlan } from './plan.ts';

/** A position in the response; `prev` is the position around it. */
export type Path = GraphQLResolveInfo['path'];

export const pathOf = (prev: Path | undefined, key: string | number, typename: string | undefined): Path => ({
  prev,
  key,
  typename,
});

/** From the outermost key inwards. */
export const keysOf = (path: Path): (string | number)[] => {
  const keys: (string | number)[] = [];
  for (let at: Path | undefined = path; at; at = at.prev) keys.push(at.key);
  return keys.reverse();
};

export interface ExecutionValues {
  readonly rootValue: unknown;
  readonly contextValue: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Undefined for an execution that nobody ends early. */
  readonly work: Work | undefined;
}

/**
 * Fields whose resolvers may be awaited at once before further items of lists are left for later: each of them is kept alive by
 * its promises, and a collection of garbage, which nothing divides, copies what is alive.
 */
const awaitedFieldsMax = 4000;

/** The state of one execution of an operation. */
export class Execution {
  readonly plan: OperationPlan;
  readonly rootValue: unknown;
  readonly contextValue: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly errors: GraphQLError[] = [];
  readonly slices: Slices;
  readonly #work: Work | undefined;
  #nulled: Set<Path | undefined> | undefined;
  #awaitedFields = 0;
  #waitingItems: (() => void)[] = [];
  readonly #arguments: Arguments[] = [];

  constructor(plan: OperationPlan, { rootValue, contextValue, variables, work }: ExecutionValues) {
    this.#work = work;
    this.slices = new Slices(work);
    this.plan = plan;
    this.rootValue = rootValue;
    this.contextValue = contextValue;
    this.variables = variables;
  }

  /** Whether nobody waits for the result any more. */
  get hasEnded(): boolean {
    return this.#work?.hasEnded === true;
  }

  /** A resolver has returned a promise. */
  beginAwait(): void {
    this.#awaitedFields++;
  }

  /** Its promise has settled. */
  endAwait(): void {
    this.#awaitedFields--;
    if (this.#waitingItems.length === 0 || 2 * this.#awaitedFields > awaitedFieldsMax) return;
    const waiting = this.#waitingItems;
    this.#waitingItems = [];
    for (const goOn of waiting) goOn();
  }

  /** Whether the next items of a list should come later: the slice is over, or too many fields are awaited. */
  get isBusy(): boolean {
    return this.#isFull || this.slices.isOver();
  }

  /** Takes the step to the next items of a list when there is room for them. */
  whenFree<T>(step: () => T | Promise<T>): Promise<T> {
    if (!this.#isFull) return this.slices.later(step);
    return new Promise((resolve, reject) => {
      this.#waitingItems.push(() => {
        this.slices.later(step).then(resolve, reject);
      });
    });
  }

  get #isFull(): boolean {
    return this.#work !== undefined && this.#awaitedFields >= awaitedFieldsMax;
  }

  /** Adds the error of a field that becomes null, unless a field around it has become null already. */
  addError(error: GraphQLError, path: Path | undefined): void {
    this.#nulled ??= new Set();
    for (let at = path; at; at = at.prev) if (this.#nulled.has(at)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.errors.push(error);
    this.#work?.addError();
  }

  /** The text of an object that was written before and is still the same. */
  findText(selection: FixedSelection, object: unknown): string | undefined {
    const { fixed, texts } = this.plan;
    return fixed && typeof object === 'object' && object !== null
      ? texts.find(selection, object, fixed.stateOf(this.contextValue))
      : undefined;
  }

  /** The same, or the text that is written now, which is remembered when it is complete at once and without errors. */
  rememberedText<T>(selection: FixedSelection, source: unknown, write: () => T): T | string {
    const known = this.findText(selection, source);
    if (known !== undefined) return known;
    const { fixed, texts, executions } = this.plan;
    const errorsBefore = this.errors.length;
    const state = fixed?.stateOf(this.contextValue);
    const text = write();
    if (typeof text !== 'string' || state === undefined || executions < 2 || this.errors.length > errorsBefore)
      return text;
    // V8 joins the pieces of a text when one of its characters is read: what is remembered should be one piece.
    text.charCodeAt(0);
    texts.remember({ selection, source, state, text });
    return text;
  }

  /** The text of a list of fixed objects that was written before and is still the same: only what is frozen stays the same. */
  findListText(selection: FixedSelection, list: object): string | undefined {
    const { fixed, texts } = this.plan;
    return fixed && Object.isFrozen(list)
      ? texts.findList(selection, list, fixed.stateOf(this.contextValue))
      : undefined;
  }

  /** Remembers the text of a list that was written without errors at once, in the state that is still the current one. */
  rememberListText(selection: FixedSelection, list: object, text: string): void {
    const { fixed, texts, executions } = this.plan;
    if (!fixed || executions < 2 || !Object.isFrozen(list)) return;
    text.charCodeAt(0);
    texts.rememberList(selection, list, { state: fixed.stateOf(this.contextValue), text });
  }

  /** The arguments of a field: its objects share them. Throws GraphQLError for arguments that do not fit. */
  argumentsOf({ constantArguments, readArguments, index, definition, nodes }: FieldPlan): Arguments {
    if (constantArguments) return constantArguments;
    const known = this.#arguments[index];
    if (known) return known;
    const read =
      readArguments?.(this.variables) ?? getArgumentValues(definition, nodes[0] as FieldNode, this.variables);
    this.#arguments[index] = read;
    return read;
  }
}

/** What a resolver may know about its field. Objects are many: what most resolvers never read is made when it is read. */
export class FieldInfo implements GraphQLResolveInfo {
  readonly execution: Execution;
  readonly field: FieldPlan;
  readonly #parentPath: Path | undefined;
  #path: Path | undefined;

  constructor(execution: Execution, field: FieldPlan, parentPath: Path | undefined) {
    this.execution = execution;
    this.field = field;
    this.#parentPath = parentPath;
    this.#path = undefined;
  }

  get path(): Path {
    this.#path ??= pathOf(this.#parentPath, this.field.responseName, this.field.parentType.name);
    return this.#path;
  }

  get fieldName(): string {
    return this.field.definition.name;
  }

  get fieldNodes(): readonly FieldNode[] {
    return this.field.nodes;
  }

  get returnType(): GraphQLResolveInfo['returnType'] {
    return this.field.definition.type;
  }

  get parentType(): GraphQLObjectType {
    return this.field.parentType;
  }

  get schema(): GraphQLResolveInfo['schema'] {
    return this.execution.plan.schema;
  }

  get fragments(): GraphQLResolveInfo['fragments'] {
    return this.execution.plan.fragments;
  }

  get rootValue(): unknown {
    return this.execution.rootValue;
  }

  get operation(): GraphQLResolveInfo['operation'] {
    return this.execution.plan.operation;
  }

  get variableValues(): Record<string, unknown> {
    return this.execution.variables;
  }
}
