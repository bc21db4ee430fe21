import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { chartOf } from './chart.ts';
import type { Race } from './race.ts';
import { figure, spreadText } from './report.ts';
import { readResults, type SavedResult } from './results.ts';

const folder = 'docs/explanation';
const page = `${folder}/benchmarks.md`;
const [begin, end] = ['<!-- results: npm run bench -- report -->', '<!-- end of results -->'] as const;

interface Written {
  /** What is between the two comments of the page. */
  readonly section: string;
  /** The pictures beside the page, by their names. */
  readonly charts: ReadonlyMap<string, string>;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

const timesOf = (value: number, base: number): string => (base > 0 ? `${figure(value / base)} x` : '–');

const rowsOf = ({ question, unit, entries: [ours, ...others] }: Race): string[] => {
  if (!ours) return [];
  return [ours, ...others].map((entry, index) => {
    const texts = [`${spreadText(entry.wall)} ${unit}`, `${spreadText(entry.cpu)} ${unit}`];
    const ratios = [timesOf(entry.wall.median, ours.wall.median), timesOf(entry.cpu.median, ours.cpu.median)];
    const [wall, cpu] = index === 0 ? texts : texts.map((text, position) => `${text}, ${ratios[position]}`);
    return `| ${index === 0 ? cell(question) : ''} | ${cell(entry.name)} | ${wall} | ${cpu} |`;
  });
};

const partOf = (saved: SavedResult, charts: Map<string, string>): string => {
  const { name, races, machine, date, size, commit, isIdle } = saved;
  const pictures = races.flatMap((each, index) => {
    const file = `benchmark-${name}-${index + 1}.svg`;
    const chart = chartOf(each);
    if (chart === '') return [];
    charts.set(file, chart);
    return [`![${each.question.replace(/[[\]]/g, '')}](${file})`];
  });
  return [
    `### \`npm run bench -- ${name}\``,
    `${date}, commit ${commit}, ${figure(size * 1e6)} records of each kind, ${machine}, ${isIdle ? 'idle' : 'beside other work'}.`,
    ['| question | | wall time | processor time |', '| --- | --- | --- | --- |', ...races.flatMap(rowsOf)].join('\n'),
    pictures.join('\n\n'),
  ].join('\n\n');
};

/** The section and the pictures of saved results: the same for the same results. */
export const pageOf = (results: readonly SavedResult[]): Written => {
  const charts = new Map<string, string>();
  const parts = results.map((saved) => partOf(saved, charts));
  const section =
    parts.length > 0
      ? parts.join('\n\n')
      : 'No results are saved yet: `npm run bench -- all --save` saves them and writes this section.';
  return { section, charts };
};

/** The page with another section. Throws when it has no room for one. */
export const withSection = (text: string, section: string): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no section ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${section}\n\n${text.slice(to)}`;
};

/** Writes the section of the page and the pictures from what is saved, and removes pictures of before. */
export const writePage = (root: string): void => {
  const { section, charts } = pageOf(readResults(root));
  const path = join(root, page);
  writeFileSync(path, withSection(readFileSync(path, 'utf8'), section));
  for (const old of globSync('benchmark-*.svg', { cwd: join(root, folder) }))
    if (!charts.has(old)) rmSync(join(root, folder, old));
  for (const [file, chart] of charts) writeFileSync(join(root, folder, file), chart);
};
