import type { PlanInput } from '../domains/experiments/experiments.ts';
import { checkoutPlan, eventsText, faultyEvents } from './checkout.ts';
import { type DemoConversation, drawConversations } from './conversations.ts';
import { changesText, drawCorrections, drawMembers } from './members.ts';
import { purchasesText } from './purchases.ts';
import { createRandom } from './random.ts';
import { drawShoppers, usersText } from './shoppers.ts';
import { rangesText } from './towns.ts';

export interface DemoFile {
  /** The import target, as commands write it. */
  readonly target: string;
  readonly name: string;
  readonly text: string;
  /** How many of its records are rejected on purpose. */
  readonly rejected: number;
}

export interface DemoData {
  readonly files: readonly DemoFile[];
  readonly plan: PlanInput;
  readonly conversations: readonly DemoConversation[];
}

/**
 * The export files of a small business in 2025, always the same. Corrections of status follow the purchases, so that
 * figures as of an earlier sequence number differ.
 */
export const createDemoData = (): DemoData => {
  const random = createRandom(2025);
  const members = drawMembers(random);
  const purchases = purchasesText(random, members);
  const corrections = drawCorrections(random, members);
  const shoppers = drawShoppers(random, members);
  const users = usersText(random, members, shoppers);
  const events = eventsText(random, shoppers);
  return {
    files: [
      { target: 'ip-ranges', name: 'demo/ip-ranges.json', text: rangesText(), rejected: 0 },
      { target: 'user-status', name: 'demo/status-changes.json', text: changesText(members), rejected: 0 },
      { target: 'transactions', name: 'demo/transactions.json', text: purchases, rejected: 0 },
      { target: 'user-status', name: 'demo/status-corrections.json', text: changesText(corrections), rejected: 0 },
      { target: 'users', name: 'demo/users.json', text: users, rejected: 0 },
      { target: 'events', name: 'demo/checkout-events.jsonl', text: events, rejected: faultyEvents },
    ],
    plan: checkoutPlan,
    conversations: drawConversations(random),
  };
};
