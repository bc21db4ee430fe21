import { type GraphQLAbstractType, GraphQLError, type GraphQLObjectType, isObjectType, locatedError } from 'graphql';
import { type Execution, FieldInfo, keysOf, type Path, pathOf } from './execution.ts';
import type { FixedSelection } from './fixed-texts.ts';
import { type FieldPlan, type ObjectPlan, type OutputPlan, objectPlanOf } from './plan.ts';
import { inOnePiece, joinedParts, type Text } from './texts.ts';

type Completed = string | null | Promise<Text>;

type Part = string | Promise<Text>;

const isPromise = (value: unknown): value is Promise<unknown> =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';

/*
 * These functions do what those of the same purpose in graphql-js do, in the same order, and create the same promises, so
 * that the errors of an operation are in the same order too. What differs is that they write JSON instead of objects.
 */

/**
 * Executes the fields of an object at once; those of the operation itself, whose resolvers may compute for long, in as many
 * slices as they need. Throws the located error of a field that must not be null.
 */
export const executeFields = (
  execution: Execution,
  { fields }: ObjectPlan,
  source: unknown,
  path: Path | undefined,
): string | Promise<Text> => {
  let text = '';
  let parts: Part[] | undefined;
  execution.slices.count(fields.length);
  try {
    for (const field of fields) {
      if (field.constant !== null) {
        text += field.constant;
        continue;
      }
      const completed: Completed =
        path === undefined && fields.length > 1 && execution.slices.isOverNow()
          ? execution.slices.later<Text>(() => executeField(execution, field, source, path))
          : executeField(execution, field, source, path);
      if (typeof completed === 'string') text += field.prefix + completed;
      else if (completed === null) text += `${field.prefix}null`;
      else {
        parts ??= [];
        parts.push(text + field.prefix, completed);
        text = '';
      }
    }
  } catch (error) {
    if (!parts) throw error;
    // The other fields may fail as well: their errors have to be handled before this one.
    return allOf(parts)
      .then(joinedParts)
      .finally(() => {
        throw error;
      });
  }
  if (!parts) return fields.length === 0 ? '{}' : `${text}}`;
  parts.push(`${text}}`);
  // The operation itself is divided into pieces when it is sent.
  return path === undefined ? allOf(parts) : allOf(parts).then(joinedParts);
};

/**
 * Executes the fields of a mutation one after the other. Rejects with the located error of a field that must not be null; the
 * fields after it are then not executed.
 */
export const executeSerially = async (
  execution: Execution,
  { fields }: ObjectPlan,
  source: unknown,
): Promise<readonly Text[]> => {
  const parts: Text[] = [];
  for (const field of fields)
    if (field.constant !== null) parts.push(field.constant);
    else parts.push(field.prefix, (await executeField(execution, field, source, undefined)) ?? 'null');
  parts.push(fields.length === 0 ? '{}' : '}');
  return parts;
};

/**
 * All parts, once they are there; the first one that fails fails them all. Unlike `Promise.all` it makes no promises for the
 * parts that are texts, which are half of them.
 */
const allOf = (parts: readonly Part[]): Promise<readonly Text[]> =>
  new Promise((resolve, reject) => {
    const texts: Text[] = [];
    let waiting = 0;
    for (const [index, part] of parts.entries()) {
      if (typeof part === 'string') {
        texts[index] = part;
        continue;
      }
      waiting++;
      texts[index] = null;
      part.then((text) => {
        texts[index] = text;
        if (--waiting === 0) resolve(texts);
      }, reject);
    }
    if (waiting === 0) resolve(texts);
  });

const executeField = (
  execution: Execution,
  field: FieldPlan,
  source: unknown,
  parentPath: Path | undefined,
): Completed => {
  const info = new FieldInfo(execution, field, parentPath);
  const { output } = field;
  try {
    const result = field.resolve(source, execution.argumentsOf(field), execution.contextValue, info);
    const completed: Completed = isPromise(result)
      ? completeAwaited(output, result, info)
      : complete(output, result, info, null);
    if (typeof completed === 'string' || completed === null) return completed;
    return completed.then(undefined, (error: unknown) => nulled(error, output, info, info.path));
  } catch (error) {
    return nulled(error, output, info, info.path);
  }
};

/** Null instead of a value that failed; throws the located error where null is not allowed. */
const nulled = (thrown: unknown, { isNullable }: OutputPlan, info: FieldInfo, path: Path): null => {
  const error = locatedError(thrown, info.fieldNodes as FieldInfo['field']['nodes'], keysOf(path));
  if (!isNullable) throw error;
  info.execution.addError(error, path);
  return null;
};

const completeAwaited = (output: OutputPlan, result: Promise<unknown>, info: FieldInfo): Promise<Text> => {
  const { execution } = info;
  execution.beginAwait();
  return result.then(
    (value) => {
      execution.endAwait();
      return completeInTurn(output, value, info, null);
    },
    (error: unknown) => {
      execution.endAwait();
      throw error;
    },
  );
};

/** Completes a value that had to be awaited: thousands of values may arrive at once. */
const completeInTurn = (output: OutputPlan, value: unknown, info: FieldInfo, path: Path | null): Completed => {
  const { slices, hasEnded } = info.execution;
  // Nobody waits for it, or for its errors.
  if (hasEnded) return new Promise(() => undefined);
  const step = (): string | null | Promise<Text> => complete(output, value, info, path);
  return slices.isOver() ? slices.later<Text>(step) : step();
};

/** Completes a value at a path; null is the path of the field itself. */
const complete = (output: OutputPlan, value: unknown, info: FieldInfo, path: Path | null): Completed => {
  if (value instanceof Error) throw value;
  if (value === null || value === undefined) {
    if (output.isNullable) return null;
    throw new Error(`Cannot return null for non-nullable field ${info.parentType.name}.${info.fieldName}.`);
  }
  switch (output.kind) {
    case 'LEAF':
      return output.text(value);
    case 'LIST':
      return completeList(output, value, info, path ?? info.path);
    case 'OBJECT':
      return completeObject(
        planOf(output, output.objectType as GraphQLObjectType, info),
        value,
        info,
        path ?? info.path,
      );
    case 'ABSTRACT':
      return completeAbstract(output, value, info, path ?? info.path);
  }
};

const planOf = (output: OutputPlan, type: GraphQLObjectType, { execution, field }: FieldInfo): ObjectPlan =>
  objectPlanOf(execution.plan, output, type, field.nodes);

const completeObject = (plan: ObjectPlan, value: unknown, info: FieldInfo, path: Path): Completed => {
  const { execution } = info;
  const { type, selection } = plan;
  if (selection) return execution.rememberedText(selection, value, () => executeFields(execution, plan, value, path));
  if (!type.isTypeOf) return executeFields(execution, plan, value, path);
  const check = (isOfType: boolean): Completed => {
    if (!isOfType) throw new Error(`${info.parentType.name}.${info.fieldName} resolved to no ${type.name}`);
    return executeFields(execution, plan, value, path);
  };
  const isOfType = type.isTypeOf(value, execution.contextValue, info);
  return isPromise(isOfType) ? isOfType.then(check) : check(isOfType);
};

const completeAbstract = (output: OutputPlan, value: unknown, info: FieldInfo, path: Path): Completed => {
  const abstractType = output.abstractType as GraphQLAbstractType;
  const completeAs = (name: unknown): Completed =>
    completeObject(planOf(output, objectTypeOf(abstractType, name, info), info), value, info, path);
  const name = output.resolveType(value, info.execution.contextValue, info, abstractType);
  return isPromise(name) ? name.then(completeAs) : completeAs(name);
};

/** The object type of a name that `resolveType` returned. Throws for any that is not one of the abstract type's. */
const objectTypeOf = (abstractType: GraphQLAbstractType, name: unknown, info: FieldInfo): GraphQLObjectType => {
  const type = typeof name === 'string' ? info.schema.getType(name) : undefined;
  if (isObjectType(type) && info.schema.isSubType(abstractType, type)) return type;
  const resolved = `${info.parentType.name}.${info.fieldName} resolved to type ${String(name)}`;
  throw new Error(`${resolved}, which is no object type of ${abstractType.name}`);
};

/** The items of a list and where they are. */
interface Items {
  readonly output: OutputPlan;
  readonly info: FieldInfo;
  readonly path: Path;
}

const completeList = (list: OutputPlan, values: unknown, info: FieldInfo, path: Path): Completed => {
  if (typeof values !== 'object' || values === null || !(Symbol.iterator in values))
    throw new GraphQLError(
      `Expected Iterable, but did not find one for field "${info.parentType.name}.${info.fieldName}".`,
    );
  const items: Items = { output: list.item as OutputPlan, info, path };
  const { execution } = info;
  const selection = selectionOf(items.output);
  const known = selection && execution.findListText(selection, values);
  if (known) return known;
  const errorsBefore = execution.errors.length;
  const text = completeFrom(items, Array.isArray(values) ? values : Array.from(values as Iterable<unknown>), 0);
  if (typeof text === 'string' && selection && execution.errors.length === errorsBefore)
    execution.rememberListText(selection, values, text);
  return text;
};

/** Completes the items from an index on: all that one slice has time for, and later the others. */
const completeFrom = (items: Items, list: readonly unknown[], from: number): string | Promise<Text> => {
  const { execution } = items.info;
  let text = from === 0 && list.length === 0 ? '[' : '';
  let parts: Part[] | undefined;
  let index = from;
  try {
    for (; index < list.length; index++) {
      const next = index;
      if (next > from && execution.isBusy) {
        parts ??= [];
        parts.push(
          inOnePiece(text),
          execution.whenFree<Text>(() => completeFrom(items, list, next)),
        );
        return allOf(parts);
      }
      const completed = completeItem(items, list[index], index);
      const separator = index === 0 ? '[' : ',';
      if (typeof completed === 'string') text += separator + completed;
      else if (completed === null) text += `${separator}null`;
      else {
        parts ??= [];
        parts.push(text + separator, completed);
        text = '';
      }
    }
  } catch (error) {
    // Nothing waits for the other items any more; a rejection that nobody handles would end the process.
    for (const part of parts ?? []) if (typeof part !== 'string') part.catch(() => undefined);
    throw error;
  }
  text += ']';
  if (!parts) return text;
  parts.push(text);
  return allOf(parts);
};

/** How the items of a list are remembered; null for those that are not, and before the first one is completed. */
const selectionOf = ({ objectType, objects }: OutputPlan): FixedSelection | null =>
  (objectType && objects.get(objectType)?.selection) ?? null;

const completeItem = ({ output, info, path: listPath }: Items, value: unknown, index: number): Completed => {
  const selection = selectionOf(output);
  const text = selection && info.execution.findText(selection, value);
  if (text) return text;
  // Leaves need a path only for an error.
  const path = output.kind === 'LEAF' ? null : pathOf(listPath, index, undefined);
  const fail = (error: unknown): null => nulled(error, output, info, path ?? pathOf(listPath, index, undefined));
  try {
    const completed: Completed = isPromise(value)
      ? value.then((item) => completeInTurn(output, item, info, path))
      : complete(output, value, info, path);
    return typeof completed === 'string' || completed === null ? completed : completed.then(undefined, fail);
  } catch (error) {
    return fail(error);
  }
};
