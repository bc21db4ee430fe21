import { describe, expect, it } from 'vitest';
import { positionIn, spokenRow } from '../../../src/web/ui/components/chart-points.ts';
import { citationOf } from '../../../src/web/ui/format/citation.ts';

describe('a citation', () => {
  const copiedAt = new Date('2025-10-07T20:22:10.500Z');
  const text = 'Revenue\npaying users in London: 341.00';
  const href = 'http://127.0.0.1:4000/revenue?rows=status';

  it('links to the snapshot that it was copied from', () => {
    const citation = citationOf({ text, href, view: { zone: 'Europe/Berlin' }, sequence: 12534, copiedAt });
    expect(citation.split('\n')).toEqual([
      'Revenue',
      'paying users in London: 341.00',
      'Snapshot 12534, zone Europe/Berlin, copied 2025-10-07T20:22:10Z',
      'http://127.0.0.1:4000/revenue?rows=status&sequence=12534',
    ]);
  });

  it('of what was known at a time keeps the link as it is', () => {
    const view = { knownAt: '2025-10-01T00:00:00Z' };
    const known = `${href}&knownAt=2025-10-01T00%3A00%3A00Z`;
    expect(citationOf({ text, href: known, view, sequence: null, copiedAt }).split('\n').slice(2)).toEqual([
      'As known at 2025-10-01T00:00:00Z, zone UTC, copied 2025-10-07T20:22:10Z',
      known,
    ]);
  });
});

describe('a point of a chart', () => {
  const table = {
    columns: ['day', { header: 'revenue', numeric: true }, { header: 'users', numeric: true }],
    rows: [['2025-10-07', '1234567.50', null]],
  };

  it('is read out with the names of its values, exact', () => {
    expect(spokenRow(table, 0)).toMatch(/^2025-10-07; revenue: 1.234.567.50; users: –$/);
  });

  it('is found in the middle of a band, and nowhere without its value', () => {
    const drawing = {
      scale: (name: string) =>
        name === 'x' ? { apply: (value: unknown) => (value === 'a' ? 40 : undefined), bandwidth: 20 } : undefined,
    };
    expect(positionIn(drawing, { x: 'a', y: 3 })).toEqual({ x: 50, y: null });
    expect(positionIn(drawing, { x: 'z' })).toBeNull();
    expect(positionIn(drawing, undefined)).toBeNull();
  });
});
