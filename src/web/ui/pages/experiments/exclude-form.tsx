import { Button, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';
import { sentenceOf } from '../../data/errors.ts';
import { useZone } from '../../data/view.ts';
import { formatCount } from '../../format/numbers.ts';
import { instantOf } from '../../format/times.ts';
import { ExperimentExcludeDocument, type ExperimentExcludeMutation } from '../../generated/graphql.ts';
import type { FieldFaults } from './plan-draft.ts';

interface Draft {
  readonly users: string;
  readonly reason: string;
  readonly from: string;
  readonly to: string;
}

const emptyDraft: Draft = { users: '', reason: '', from: '', to: '' };

/** Ids, one a line or between commas: an id may hold a blank. */
const idsIn = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((id) => id.trim())
    .filter((id) => id !== '');

const timeFault = 'Write a time such as 2025-10-07 20:22.';

type Result = ExperimentExcludeMutation['excludeUsers'];

/** What the server refused, by field; of ids with their text. */
const faultsOf = (result: Result, ids: readonly string[]): FieldFaults => {
  if (!result) return {};
  if (result.__typename === 'ExcludeUsersPayload') {
    const refused = result.results.flatMap(({ index, problems }) =>
      problems.map(({ message }) => `${ids[index] ?? ''}: ${message}`),
    );
    return refused.length === 0 ? {} : { userIds: refused.join(' ') };
  }
  const problems = result.__typename === 'ValidationError' ? result.problems : [];
  const known = problems.map(({ path, message }) => [path.split('.')[0] ?? '', message] as const);
  return problems.length === 0 ? { userIds: result.message } : Object.fromEntries(known);
};

const useExclude = () => {
  const zone = useZone();
  const [draft, setDraft] = useState(emptyDraft);
  const [faults, setFaults] = useState<FieldFaults>({});
  const [{ fetching }, exclude] = useMutation(ExperimentExcludeDocument);
  const instant = (text: string): string | null | undefined => (text.trim() === '' ? null : instantOf(text, zone));
  const send = async () => {
    const userIds = idsIn(draft.users);
    const [from, to] = [instant(draft.from), instant(draft.to)];
    const own = {
      ...(userIds.length === 0 ? { userIds: 'Write at least one user.' } : {}),
      ...(from === undefined ? { from: timeFault } : {}),
      ...(to === undefined ? { to: timeFault } : {}),
    };
    setFaults(own);
    if (Object.keys(own).length > 0) return;
    const reason = draft.reason.trim() === '' ? null : draft.reason.trim();
    const { data, error } = await exclude({ input: { userIds, reason, from: from ?? null, to: to ?? null } });
    const refused = error ? { userIds: sentenceOf(error) } : faultsOf(data?.excludeUsers ?? null, userIds);
    setFaults(refused);
    if (Object.keys(refused).length > 0) return;
    const payload = data?.excludeUsers?.__typename === 'ExcludeUsersPayload' ? data.excludeUsers : null;
    notifications.show({
      message: `${formatCount(payload?.accepted ?? 0, 'user')} excluded, ${payload?.duplicates ?? 0} were already.`,
    });
    setDraft(emptyDraft);
  };
  const change = (part: Partial<Draft>) => setDraft((previous) => ({ ...previous, ...part }));
  return { draft, faults, isBusy: fetching, send, change, zone };
};

/** Leaves users out of all experiments. */
export function ExcludeForm() {
  const { draft, faults, isBusy, send, change, zone } = useExclude();
  const set = (field: keyof Draft) => (event: { readonly currentTarget: { readonly value: string } }) =>
    change({ [field]: event.currentTarget.value });
  return (
    <form
      aria-label="Exclude users"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Stack gap="xs">
        <Textarea
          size="xs"
          label="Users"
          description="One a line, or between commas."
          autosize
          minRows={2}
          maxRows={8}
          value={draft.users}
          error={faults.userIds}
          onChange={set('users')}
        />
        <TextInput
          size="xs"
          label="Reason"
          placeholder="bot, staff"
          value={draft.reason}
          error={faults.reason}
          onChange={set('reason')}
        />
        <TextInput
          size="xs"
          label={`Leave out from (${zone})`}
          placeholder="always"
          value={draft.from}
          error={faults.from}
          onChange={set('from')}
        />
        <TextInput
          size="xs"
          label={`until (${zone})`}
          placeholder="for ever"
          value={draft.to}
          error={faults.to}
          onChange={set('to')}
        />
        <Text size="xs" c="dimmed">
          Their events stay stored, and no experiment counts them.
        </Text>
        <Button type="submit" size="compact-sm" loading={isBusy} style={{ alignSelf: 'flex-start' }}>
          Exclude
        </Button>
      </Stack>
    </form>
  );
}
