import { Stack, Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page } from '../../components/page.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { ApiKeys } from './api-keys.tsx';
import { Faces } from './faces.tsx';
import { TrustedDocuments } from './trusted-documents.tsx';

const route = getRouteApi('/api');

/** What only administrators may see, or a word on why it is missing. */
function ForAdmins({ what, children }: { readonly what: string; readonly children: ReactNode }) {
  const { may } = useViewer();
  if (may('ADMIN')) return children;
  return <EmptyState>{what} need a key with the scope admin.</EmptyState>;
}

/** The ways into the server for programs, and who may use them. */
export function ApiPage() {
  const { tab = 'faces' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title="API">
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(chosen) =>
          navigate({
            search: (previous) => ({
              ...previous,
              tab: chosen === 'documents' || chosen === 'keys' ? chosen : undefined,
            }),
          })
        }
      >
        <Tabs.List>
          <Tabs.Tab value="faces">Ways in</Tabs.Tab>
          <Tabs.Tab value="documents">Trusted documents</Tabs.Tab>
          <Tabs.Tab value="keys">Keys</Tabs.Tab>
        </Tabs.List>
        <Stack pt="md">
          <Tabs.Panel value="faces">
            <Faces />
          </Tabs.Panel>
          <Tabs.Panel value="documents">
            <ForAdmins what="Trusted documents">
              <TrustedDocuments />
            </ForAdmins>
          </Tabs.Panel>
          <Tabs.Panel value="keys">
            <ForAdmins what="API keys">
              <ApiKeys />
            </ForAdmins>
          </Tabs.Panel>
        </Stack>
      </Tabs>
    </Page>
  );
}
