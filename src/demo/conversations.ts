import type { Random } from './random.ts';

export interface DemoConversation {
  readonly uuid: string;
  /** Null when its start is not recorded. */
  readonly symbol: string | null;
  readonly followups: number;
}

/** How often letters occur in English text, a to z, in parts of 1000. */
const letterWeights = [
  82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1,
];
const conversationCount = 400;
const orphanCount = 6;

const drawUuid = (random: Random): string => {
  const digits = Array.from({ length: 8 }, () => random.below(0x10000).toString(16).padStart(4, '0')).join('');
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
};

/** Most conversations have no follow-up, a few have more than one. */
export const drawConversations = (random: Random): DemoConversation[] => {
  const seen = Array.from({ length: conversationCount }, () => ({
    uuid: drawUuid(random),
    symbol: String.fromCharCode(97 + random.weighted(letterWeights)),
    followups: random.weighted([84, 13, 3]),
  }));
  const orphans = Array.from({ length: orphanCount }, () => ({ uuid: drawUuid(random), symbol: null, followups: 1 }));
  return [...seen, ...orphans];
};
