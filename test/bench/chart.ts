import type { Race } from './race.ts';
import { figure } from './report.ts';

const [width, rowHeight, labelWidth, valueWidth, margin] = [760, 26, 270, 130, 12] as const;
const plotWidth = width - labelWidth - valueWidth - 2 * margin;
const [headHeight, footHeight] = [44, 30] as const;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The powers of ten around all values; at least one decade. */
const decadesOf = (values: readonly number[]): readonly [first: number, last: number] => {
  const first = Math.floor(Math.log10(Math.min(...values)));
  return [first, Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))))];
};

// A page shows the picture as an image, which sees the colors that the reader prefers, but none of the page's own.
const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .grid { stroke: #d1d9e0; } .peer { fill: #59636e; stroke: #59636e; } .ours { fill: #0969da; stroke: #0969da; }
  .axis { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .axis { fill: #9198a1; } .grid { stroke: #3d444d; }
    .peer { fill: #9198a1; stroke: #9198a1; } .ours { fill: #4493f8; stroke: #4493f8; }
  }`;

/**
 * Processor time of each contender on a logarithmic scale: a dot for the median, a line from the least to the greatest. The text
 * for those who do not see it has the same figures.
 */
export const chartOf = ({ question, unit, entries }: Race): string => {
  const rows = entries
    .map(({ name, cpu }, index) => ({ name, cpu, isOurs: index === 0 || name.startsWith('asof') }))
    // Processor time of a process is counted in ticks: a peer that needs less than one has none.
    .filter(({ cpu }) => cpu.median > 0);
  const found = rows.flatMap(({ cpu }) => [cpu.least, cpu.median, cpu.greatest]).filter((value) => value > 0);
  if (found.length === 0) return '';
  const [first, last] = decadesOf(found);
  const xOf = (value: number): number =>
    margin + labelWidth + ((Math.log10(Math.max(value, 10 ** first)) - first) / (last - first)) * plotWidth;
  const height = headHeight + rows.length * rowHeight + footHeight;
  const bottom = height - footHeight;
  const at = (x: number): string => x.toFixed(1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => {
    const x = at(xOf(10 ** (first + index)));
    const label = `<text class="axis" x="${x}" y="${bottom + 16}" text-anchor="middle">${figure(10 ** (first + index))}</text>`;
    return `  <line class="grid" x1="${x}" x2="${x}" y1="${headHeight - 8}" y2="${bottom}"/>${label}`;
  });
  const marks = rows.map(({ name, cpu, isOurs }, index) => {
    const y = headHeight + index * rowHeight + rowHeight / 2;
    const kind = isOurs ? 'ours' : 'peer';
    return [
      `  <text x="${margin}" y="${y + 4}">${escaped(name)}</text>`,
      `  <line class="${kind}" x1="${at(xOf(cpu.least))}" x2="${at(xOf(cpu.greatest))}" y1="${y}" y2="${y}" stroke-width="2"/>`,
      `  <circle class="${kind}" cx="${at(xOf(cpu.median))}" cy="${y}" r="5"/>`,
      `  <text x="${width - margin}" y="${y + 4}" text-anchor="end">${figure(cpu.median)} ${unit}</text>`,
    ].join('\n');
  });
  const text = rows.map(({ name, cpu }) => `${name}: ${figure(cpu.median)} ${unit}`).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title text">
  <title id="title">${escaped(question)}, ${unit} of processor time</title>
  <desc id="text">${escaped(text)}. Logarithmic scale.</desc>
  <style>${style}
  </style>
  <text class="title" x="${margin}" y="20">${escaped(question)}</text>
${ticks.join('\n')}
${marks.join('\n')}
</svg>
`;
};
