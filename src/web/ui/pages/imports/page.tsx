import { Tabs } from '@mantine/core';
import { Page } from '../../components/page.tsx';
import { AlertsTab } from './alerts-tab.tsx';
import { useChangeSearch, useSearch } from './change-search.ts';
import { ImportsTab } from './imports-tab.tsx';
import { RejectsTab } from './rejects-tab.tsx';
import { type Tab, tabs } from './search.ts';
import { SyncTab } from './sync-tab.tsx';
import { UploadTab } from './upload-tab.tsx';

const labels: Readonly<Record<Tab, string>> = {
  imports: 'Imports',
  upload: 'Load a file',
  rejects: 'Rejects',
  sync: 'Sync',
  alerts: 'Alerts',
};

const contents: Readonly<Record<Tab, () => React.ReactNode>> = {
  imports: ImportsTab,
  upload: UploadTab,
  rejects: RejectsTab,
  sync: SyncTab,
  alerts: AlertsTab,
};

/** What arrives: imports with their accounts, new files, records that wait for a person, synchronizations, and alerts. */
export function ImportsPage() {
  const { tab = 'imports' } = useSearch();
  const change = useChangeSearch();
  const Content = contents[tab];
  return (
    <Page title="Intake">
      <Tabs
        value={tab}
        onChange={(chosen) => change({ tab: chosen === 'imports' ? undefined : (chosen as Tab) })}
        keepMounted={false}
      >
        <Tabs.List aria-label="Parts of the intake" mb="sm">
          {tabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {labels[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <Content />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
