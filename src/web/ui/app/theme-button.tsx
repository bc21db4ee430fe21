import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { SunIcon } from '@primer/octicons-react';

export function ThemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme('light') === 'light' ? 'dark' : 'light';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => setColorScheme(other)}
    >
      <SunIcon size={18} aria-hidden />
    </ActionIcon>
  );
}
