import { ActionIcon, Drawer, Group, NavLink, Stack, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { KebabHorizontalIcon } from '@primer/octicons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { LiveLine } from './live-line.tsx';
import { barLength, navigation } from './navigation.ts';

const isActive = (to: string, pathname: string): boolean =>
  to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);

interface LinkListProps {
  readonly pages: readonly (typeof navigation)[number][];
  onFollow?(): void;
}

function LinkList({ pages, onFollow }: LinkListProps) {
  const { pathname } = useLocation();
  return pages.map(({ to, label, icon: Icon }) => (
    <NavLink
      key={to}
      component={Link}
      to={to}
      label={label}
      leftSection={<Icon size={18} aria-hidden />}
      active={isActive(to, pathname)}
      aria-current={isActive(to, pathname) ? 'page' : undefined}
      onClick={onFollow}
    />
  ));
}

export const SideNavigation = () => <LinkList pages={navigation} />;

/** The bar at the bottom of a narrow screen: the first pages, the others in a sheet. */
export function BarNavigation() {
  const { pathname } = useLocation();
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <nav aria-label="Pages">
      <Group grow gap={0} h={58} px={4}>
        {navigation.slice(0, barLength).map(({ to, label, icon: Icon }) => (
          <UnstyledButton
            key={to}
            component={Link}
            to={to}
            ta="center"
            fz="xs"
            c={isActive(to, pathname) ? 'var(--mantine-primary-color-light-color)' : 'inherit'}
            fw={isActive(to, pathname) ? 600 : 400}
            aria-current={isActive(to, pathname) ? 'page' : undefined}
          >
            <Stack gap={0} align="center">
              <Icon size={20} aria-hidden />
              {label}
            </Stack>
          </UnstyledButton>
        ))}
        <ActionIcon
          variant="subtle"
          color="gray"
          h="100%"
          aria-label="More pages"
          aria-expanded={isOpen}
          onClick={open}
        >
          <KebabHorizontalIcon size={20} aria-hidden />
        </ActionIcon>
      </Group>
      <Drawer opened={isOpen} onClose={close} position="bottom" size="auto" title="More pages">
        <LinkList pages={navigation.slice(barLength)} onFollow={close} />
        <LiveLine />
      </Drawer>
    </nav>
  );
}
