import { AppShell, Group, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, Outlet } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useLive } from '../data/live.tsx';
import { KeyButton } from './key-button.tsx';
import { LiveLine } from './live-line.tsx';
import { BarNavigation, SideNavigation } from './navigation-links.tsx';
import { Permitted } from './permitted.tsx';
import { SnapshotMark } from './snapshot-mark.tsx';
import { ThemeButton } from './theme-button.tsx';
import { UserSearch } from './user-search.tsx';
import { ZoneSelect } from './zone-select.tsx';

/** Below this width the navigation is a bar at the bottom. */
const wideScreen = '(min-width: 48em)';

/** What surrounds every page: navigation, search, zone, snapshot, key, and the line that says how fresh figures are. */
export function Frame() {
  const isWide = useMediaQuery(wideScreen, true, { getInitialValueInEffect: false });
  const { state } = useLive();
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 176, breakpoint: 'sm', collapsed: { mobile: true } }}
      footer={{ height: isWide ? 30 : 58 }}
      padding={isWide ? 'md' : 'xs'}
    >
      <a href="#main" className="asof-skip">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="xs" wrap="nowrap" justify="space-between">
          <Text component={Link} to="/" fw={700} c="inherit" td="none">
            asof
          </Text>
          <Group gap="xs" wrap="nowrap">
            <UserSearch />
            <ZoneSelect />
            {isWide && <SnapshotMark />}
            <ThemeButton />
            <KeyButton />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <SideNavigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        {!isWide && state === 'offline' && (
          <Text size="sm" role="status" mb="xs">
            Offline: figures may be old. Trying again.
          </Text>
        )}
        <Permitted>
          <Suspense>
            <Outlet />
          </Suspense>
        </Permitted>
      </AppShell.Main>
      <AppShell.Footer>{isWide ? <LiveLine /> : <BarNavigation />}</AppShell.Footer>
    </AppShell>
  );
}
