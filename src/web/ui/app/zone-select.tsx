import { Select } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useZone } from '../data/view.ts';
import { timeZones } from '../format/times.ts';

/** The zone in which times are written, and days and hours begin. */
export function ZoneSelect() {
  const zone = useZone();
  const navigate = useNavigate();
  const zones = useMemo(() => [...new Set([...timeZones(), zone])], [zone]);
  return (
    <Select
      aria-label="Time zone"
      title="Time zone"
      size="xs"
      w={{ base: 90, sm: 150 }}
      searchable
      limit={100}
      allowDeselect={false}
      data={zones}
      value={zone}
      onChange={(chosen) =>
        chosen !== null &&
        navigate({
          to: '.',
          search: (previous) => ({ ...previous, zone: chosen === 'UTC' ? undefined : chosen }),
        })
      }
    />
  );
}
