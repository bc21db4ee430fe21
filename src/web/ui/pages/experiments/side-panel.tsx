import { Tabs } from '@mantine/core';
import { AlertsPanel } from './alerts-panel.tsx';
import { ExcludedPanel } from './excluded-panel.tsx';
import { FilterPanel } from './filter-panel.tsx';
import type { Report } from './matrix-data.ts';
import { PlanPanel } from './plan-panel.tsx';
import { useChangeSearch, useExperimentSearch } from './scope.ts';
import { panels } from './search.ts';

const words = { plan: 'Plan', filter: 'Filter', excluded: 'Excluded', alerts: 'Alerts' } as const;

/** What can be changed: the plan, the filter, who is left out, who is notified. */
export function SidePanel({ report }: { readonly report: Report }) {
  const { panel = 'plan' } = useExperimentSearch();
  const change = useChangeSearch();
  return (
    <Tabs
      value={panel}
      keepMounted={false}
      onChange={(value) => {
        const chosen = panels.find((each) => each === value);
        change({ panel: chosen === 'plan' ? undefined : chosen, edit: undefined });
      }}
    >
      <Tabs.List mb="sm">
        {panels.map((each) => (
          <Tabs.Tab key={each} value={each}>
            {words[each]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="plan">
        <PlanPanel report={report} />
      </Tabs.Panel>
      <Tabs.Panel value="filter">
        <FilterPanel markets={report.markets.map(({ country }) => country)} />
      </Tabs.Panel>
      <Tabs.Panel value="excluded">
        <ExcludedPanel />
      </Tabs.Panel>
      <Tabs.Panel value="alerts">
        <AlertsPanel experimentKey={report.experiment.key} />
      </Tabs.Panel>
    </Tabs>
  );
}
