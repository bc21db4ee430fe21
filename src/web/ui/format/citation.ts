/** A figure to cite. */
export interface Citation {
  /** Title, figure and filters, a line each. */
  readonly text: string;
  /** The address of the page. */
  readonly href: string;
  readonly view: { readonly zone?: string | undefined; readonly knownAt?: string | undefined };
  /** Of the ledger; null where it is not known. */
  readonly sequence: number | string | null;
  readonly copiedAt: Date;
}

/** The address with the snapshot in it: what is cited must not change. */
const linkOf = ({ href, view, sequence }: Citation): string => {
  const url = new URL(href);
  if (view.knownAt === undefined && sequence !== null) url.searchParams.set('sequence', String(sequence));
  return url.href;
};

const snapshotOf = ({ view, sequence }: Citation): string => {
  if (sequence !== null) return `Snapshot ${sequence}`;
  return view.knownAt === undefined ? 'Newest snapshot' : `As known at ${view.knownAt}`;
};

/** The text of a citation: what was cited, snapshot, zone and moment, and the link that shows exactly this. */
export const citationOf = (citation: Citation): string =>
  [
    citation.text,
    `${snapshotOf(citation)}, zone ${citation.view.zone ?? 'UTC'}, copied ${citation.copiedAt.toISOString().slice(0, 19)}Z`,
    linkOf(citation),
  ].join('\n');
