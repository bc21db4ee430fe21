import { SegmentedControl, Stack } from '@mantine/core';
import { useChangeSearch, useSearch } from './change-search.ts';
import { RejectDrawer } from './reject-drawer.tsx';
import { RejectGroup } from './reject-group.tsx';
import { RejectGroups } from './reject-groups.tsx';
import { RejectList } from './reject-list.tsx';

/** Records that could not be stored, by problem or one by one: to correct and try again, or to discard. */
export function RejectsTab() {
  const { group, records = false, source, reject } = useSearch();
  const change = useChangeSearch();
  const isList = records || source !== undefined;
  return (
    <Stack gap="xs" align="stretch">
      {group === undefined ? (
        <>
          <SegmentedControl
            size="xs"
            aria-label="How rejects are listed"
            style={{ alignSelf: 'flex-start' }}
            data={[
              { value: 'groups', label: 'By problem' },
              { value: 'records', label: 'One by one' },
            ]}
            value={isList ? 'records' : 'groups'}
            onChange={(chosen) =>
              change({ records: chosen === 'records' ? true : undefined, rejects: undefined, source: undefined })
            }
          />
          {isList ? <RejectList /> : <RejectGroups />}
        </>
      ) : (
        <RejectGroup key={group} id={group} />
      )}
      <RejectDrawer id={reject} onClose={() => change({ reject: undefined })} />
    </Stack>
  );
}
