import fc from 'fast-check';
import { documentEdits } from './hostile-document-edits.ts';
import type { Edit } from './hostile-parts.ts';
import { variableEdits } from './hostile-variable-edits.ts';

/** An operation of a client; the variables are text, because JSON has more values than a program. */
export interface HostileOperation {
  readonly query: string;
  readonly variables: string;
}

const applied = (edits: readonly Edit[], text: string): string => edits.reduce((whole, edit) => edit(whole), text);

/** One of the operations with its document changed, its variables, or both. */
export const operationMutationOf = (operations: readonly HostileOperation[]): fc.Arbitrary<HostileOperation> =>
  fc
    .record({
      operation: fc.constantFrom(...operations),
      ofDocument: fc.option(documentEdits, { nil: [] as Edit[], freq: 2 }),
      ofVariables: fc.option(variableEdits, { nil: [] as Edit[], freq: 1 }),
    })
    .map(({ operation: { query, variables }, ofDocument, ofVariables }) => ({
      query: applied(ofDocument, query),
      variables: applied(ofVariables, variables),
    }));
