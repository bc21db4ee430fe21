import { Stack } from '@mantine/core';
import { useViewer } from '../../../data/viewer.tsx';
import { DeleteDataset } from './delete-dataset.tsx';
import { RefreshSettings } from './refresh-settings.tsx';

interface SettingsViewProps {
  readonly dataset: { readonly id: string; readonly name: string };
}

/** What is done with a dataset as a whole. */
export function SettingsView({ dataset }: SettingsViewProps) {
  const { may } = useViewer();
  return (
    <Stack gap="xl" maw="44rem">
      <RefreshSettings dataset={dataset} />
      {may('ADMIN') && <DeleteDataset dataset={dataset} />}
    </Stack>
  );
}
