import { Button } from '@mantine/core';
import { CheckIcon, QuoteIcon } from '@primer/octicons-react';
import { useLive } from '../data/live.tsx';
import { useView } from '../data/view.ts';
import { citationOf } from '../format/citation.ts';
import { useCopy } from './clipboard.ts';

interface CitationButtonProps {
  /** What is cited, a line each: title, figure, filters. Snapshot, zone and link are added below. */
  readonly text: string;
  /** The snapshot that the figure comes from, where the answer says it; default: that of the page. */
  readonly sequence?: number | string | null;
  /** Of the button, where a page has several; default `Copy citation`. */
  readonly label?: string;
}

/** Copies a figure with what makes it reproducible: filters, snapshot, zone and a link that shows exactly this. */
export function CitationButton({ text, sequence, label = 'Copy citation' }: CitationButtonProps) {
  const view = useView();
  const { sequence: newest } = useLive();
  const { copy, isCopied, hasFailed } = useCopy();
  const cited = sequence ?? view.sequence ?? (view.knownAt === undefined ? newest : null);
  return (
    <Button
      variant="default"
      size="compact-sm"
      leftSection={isCopied ? <CheckIcon size={14} aria-hidden /> : <QuoteIcon size={14} aria-hidden />}
      onClick={() => copy(citationOf({ text, href: location.href, view, sequence: cited, copiedAt: new Date() }))}
    >
      <span aria-live="polite">{hasFailed ? 'Not copied' : isCopied ? 'Copied' : label}</span>
    </Button>
  );
}
