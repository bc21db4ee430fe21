import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';
import { root } from '../support/modules.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

it('every metric of the dashboard, of the rules for alerts and of the documentation exists', async () => {
  const app = await openApp();
  onTestFinished(app.close);
  const metrics = await (await app.get('/metrics')).text();
  const types = new Map(
    [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const suffixes: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] };
  const series = new Set([...types].flatMap(([name, type]) => (suffixes[type] ?? ['']).map((suffix) => name + suffix)));

  const dashboard = JSON.parse(
    readFileSync(join(root, 'examples/monitoring/grafana/dashboards/asof.json'), 'utf8'),
  ) as Dashboard;
  const displayed = dashboard.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/\b(?:asof|nodejs|process)_\w+/g)].map(([name]) => name)),
  );
  expect(displayed.length).toBeGreaterThan(15);
  expect(displayed.filter((name) => !series.has(name))).toEqual([]);

  const rules = readFileSync(join(root, 'examples/monitoring/rules.yml'), 'utf8');
  const watched = [...rules.matchAll(/\basof_\w+/g)].map(([name]) => name);
  expect(watched.length).toBeGreaterThan(3);
  expect(watched.filter((name) => !series.has(name))).toEqual([]);

  const page = readFileSync(join(root, 'docs/operations/observability.md'), 'utf8');
  const named = [...page.matchAll(/`((?:asof|nodejs|process)_\w+)`/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !types.has(name))).toEqual([]);
  for (const [name] of types)
    if (name.startsWith('asof_'))
      expect([name, displayed.some((each) => each.startsWith(name)) || named.includes(name)]).toEqual([
        name,
        name !== 'asof_build_info',
      ]);
});
