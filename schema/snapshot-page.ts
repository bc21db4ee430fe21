import type { ConnectionFields } from './connection.ts';
import { type Counted, totalCountOf } from './page.ts';
import { SnapshotType } from './provenance.ts';

/** What a page of a list with history carries besides its edges. */
export interface SnapshotPage extends Counted {
  /** The sequence number of the list. */
  readonly sequence: number;
}

/** The fields of connections of such lists. */
export const snapshotPageFields =
  <Node, OnEdge extends object = object>(items: string): ConnectionFields<Node, SnapshotPage, OnEdge> =>
  (t) => ({
    totalCount: t.int({ description: `The number of ${items} on all pages.`, resolve: totalCountOf }),
    snapshot: t.field({
      type: SnapshotType,
      description:
        'The snapshot of the list, which all pages of a walk share; pass its `sequence` as `asOf.sequence` to get the same list later.',
      resolve: ({ sequence }, _args, { ledger }) => ledger.snapshotAt(sequence),
    }),
  });
