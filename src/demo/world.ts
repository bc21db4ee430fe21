import { changesText, drawCorrections, drawMembers } from './members.ts';
import { rangesText } from './places.ts';
import { purchasesText } from './purchases.ts';
import { createRandom } from './random.ts';

export interface DemoFile {
  /** The import target, as commands write it. */
  readonly target: string;
  readonly name: string;
  readonly text: string;
}

/**
 * A small business in 2025 as it would export its files, always the same. Corrections come last, so that figures asked
 * for as of an earlier sequence number differ.
 */
export const createDemoWorld = (): DemoFile[] => {
  const random = createRandom(2025);
  const members = drawMembers(random);
  const purchases = purchasesText(random, members);
  const corrections = drawCorrections(random, members);
  return [
    { target: 'ip-ranges', name: 'demo/ip-ranges.json', text: rangesText() },
    { target: 'user-status', name: 'demo/status-changes.json', text: changesText(members) },
    { target: 'transactions', name: 'demo/transactions.json', text: purchases },
    { target: 'user-status', name: 'demo/status-corrections.json', text: changesText(corrections) },
  ];
};
