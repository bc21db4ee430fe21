const languages = ['sh', 'json', 'text', 'csv', 'graphql', 'ts', 'yaml'] as const;

export type Language = (typeof languages)[number];

/** A fenced block of a page. */
export interface Block {
  readonly kind: 'block';
  readonly language: Language;
  /** The file that the block shows or writes: the second word after the fence. */
  readonly file: string | null;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Why the block is not run, from a comment `<!-- not run: … -->` before it. */
  readonly notRun: string | null;
}

/** The steps of the runner for a page, in order. */
export type Step = Block | { readonly kind: 'stop'; readonly line: number };

/** The sentence that tells readers, and the runner, to stop the server. */
const stopSentence = 'Stop the server with Ctrl+C.';

const fence = '```';

/** The steps of a Markdown page. Throws for a fence whose language the runner does not know. */
export const stepsOf = (markdown: string): Step[] => {
  const steps: Step[] = [];
  const lines = markdown.split('\n');
  let notRun: string | null = null;
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] ?? '';
    notRun = /^<!-- not run: (.+) -->$/.exec(text)?.[1] ?? notRun;
    if (text.includes(stopSentence)) steps.push({ kind: 'stop', line: index + 1 });
    if (!text.trimStart().startsWith(fence)) continue;
    const end = lines.indexOf(fence, index + 1);
    steps.push({ kind: 'block', ...openingOf(text, index + 1), text: lines.slice(index + 1, end).join('\n'), notRun });
    notRun = null;
    index = end;
  }
  return steps;
};

const openingOf = (text: string, line: number): Pick<Block, 'language' | 'file' | 'line'> => {
  const [, name, file] = /^```(\w+)(?: (\S+))?$/.exec(text) ?? [];
  const language = languages.find((known) => known === name);
  if (language === undefined)
    throw new Error(`line ${line}: expected a fence with one of ${languages.join(', ')} at the start of the line`);
  return { language, file: file ?? null, line };
};
