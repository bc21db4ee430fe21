import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';

/** What limits a document before it is validated: some rules compare each field with all others of its merged. */
export type ShapeLimits = Pick<
  Config,
  'queryBytesMax' | 'queryDepthMax' | 'queryFieldsMax' | 'queryOperationsMax' | 'queryPairsMax' | 'inputDepthMax'
>;

const exceeded = (what: string, setting: keyof ShapeLimits): DomainError =>
  new DomainError('LIMIT_EXCEEDED', `the document ${what} (setting ${setting})`);

/** Throws LIMIT_EXCEEDED for a text that is too long or nested too deep to be parsed: a parser recurses. */
export const checkText = (text: string, { queryBytesMax, queryDepthMax, inputDepthMax }: ShapeLimits): void => {
  // Most texts are far below it; only then their bytes have to be counted.
  if (text.length * 3 > queryBytesMax && Buffer.byteLength(text) > queryBytesMax)
    throw exceeded(`is over ${queryBytesMax} bytes`, 'queryBytesMax');
  // Fields may be inside conditions, which the depth of an operation does not count.
  const fieldsDepthMax = 3 * queryDepthMax;
  const deepest = nestingOf(text);
  if (deepest.braces > fieldsDepthMax + inputDepthMax)
    throw exceeded(`is deeper than ${queryDepthMax} fields`, 'queryDepthMax');
  if (deepest.lists > inputDepthMax)
    throw exceeded(`has a value that is nested more than ${inputDepthMax} levels deep`, 'inputDepthMax');
};

const [quote, backslash, hash, newline, carriageReturn] = [34, 92, 35, 10, 13];
const [openBrace, closeBrace, openList, closeList] = [123, 125, 91, 93];

/** How deep a text nests braces, and lists, outside of its strings and comments. Right for every text that can be parsed. */
export const nestingOf = (text: string): { readonly braces: number; readonly lists: number } => {
  let [braces, lists, bracesMax, listsMax] = [0, 0, 0, 0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === hash) index = endOfLine(text, index);
    else if (code === openBrace) bracesMax = Math.max(bracesMax, ++braces);
    else if (code === closeBrace) braces--;
    else if (code === openList) listsMax = Math.max(listsMax, ++lists);
    else if (code === closeList) lists--;
  }
  return { braces: bracesMax, lists: listsMax };
};

/** The index of the last character of a string or block string. */
const endOfString = (text: string, start: number): number => {
  const isBlock = text.startsWith('"""', start);
  for (let index = start + (isBlock ? 3 : 1); index < text.length; index++) {
    const code = text.charCodeAt(index);
    // In a block string only `\"""` is an escape.
    if (code === backslash) index += isBlock && text.startsWith('"""', index + 1) ? 3 : isBlock ? 0 : 1;
    else if (code === quote && !isBlock) return index;
    else if (code === quote && text.startsWith('"""', index)) return index + 2;
  }
  return text.length;
};

const endOfLine = (text: string, start: number): number => {
  let index = start;
  while (index < text.length && text.charCodeAt(index) !== newline && text.charCodeAt(index) !== carriageReturn)
    index++;
  return index;
};

/**
 * Throws LIMIT_EXCEEDED for a document whose validation would cost too much: with too many operations, or with too many pairs
 * of fields or fragments in one place, which a rule compares with each other. Iterative, and ends for every document.
 */
export const checkShape = (document: DocumentNode, limits: ShapeLimits): void => {
  const { queryOperationsMax, queryPairsMax, queryFieldsMax } = limits;
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  if (operations.length > queryOperationsMax)
    throw exceeded(`has more than ${queryOperationsMax} operations`, 'queryOperationsMax');
  const pending: SelectionSetNode[][] = [...operations, ...fragments.values()].map(({ selectionSet }) => [
    selectionSet,
  ]);
  // What is skipped does not count as fields of an operation, but it is compared.
  const selectionsMax = 10 * queryFieldsMax;
  const spread = new Set<string>();
  let [pairs, selections] = [0, 0];
  for (let merged = pending.pop(); merged; merged = pending.pop()) {
    const { byName, spreads, count } = fieldsAt(merged, fragments);
    for (const name of spreads) spread.add(name);
    selections += count;
    for (const nodes of byName.values()) {
      pairs += pairsOf(nodes.length);
      const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (inner.length > 0) pending.push(inner);
    }
    if (pairs + pairsOf(spread.size) > queryPairsMax)
      throw exceeded(
        `has more than ${queryPairsMax} pairs of fragments, and of fields with one name in one place`,
        'queryPairsMax',
      );
    if (selections > selectionsMax) throw exceeded(`has more than ${queryFieldsMax} fields`, 'queryFieldsMax');
  }
};

const pairsOf = (count: number): number => (count * (count - 1)) / 2;

/** The fields of selection sets that are merged, by the name in the response, and the fragments that are spread there. */
const fieldsAt = (merged: readonly SelectionSetNode[], fragments: ReadonlyMap<string, FragmentDefinitionNode>) => {
  const byName = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const sets = [...merged];
  let count = 0;
  for (let set = sets.pop(); set; set = sets.pop()) {
    count += set.selections.length;
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value;
        const known = byName.get(name);
        if (known) known.push(node);
        else byName.set(name, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) sets.push(node.selectionSet);
      else if (!spread.has(node.name.value)) {
        spread.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        if (fragment) sets.push(fragment.selectionSet);
      }
    }
  }
  return { byName, spreads: spread, count };
};
