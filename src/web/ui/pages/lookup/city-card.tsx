import { Button, Group, Paper, Stack, Text, Textarea, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { formatCount } from '../../format/numbers.ts';
import { fitsLink, pastedAddresses } from './addresses.ts';
import { CityTable } from './city-table.tsx';

const route = getRouteApi('/lookup');

/** As many addresses as one person pastes; each thousand is a request. */
const addressesMax = 20_000;

const faultOf = (pasted: string): string | null => {
  const { length } = pastedAddresses(pasted);
  if (length === 0) return 'Paste one address or more.';
  return length > addressesMax ? `Paste at most ${formatCount(addressesMax, 'address', 'addresses')}.` : null;
};

/** The city of one or many addresses, and why. */
export function CityCard() {
  const { addresses: linked } = route.useSearch();
  const navigate = route.useNavigate();
  // Not in the state: a list of thousands would be drawn again with each line that is typed into it.
  const input = useRef<HTMLTextAreaElement>(null);
  /** A list that is too long for a link; null for one that the address has. */
  const [long, setLong] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const requested = long ?? linked;
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>City of addresses</Title>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const text = input.current?.value ?? '';
            const found = faultOf(text);
            setFault(found);
            if (found !== null) return;
            const isShort = fitsLink(text);
            setLong(isShort ? null : text);
            void navigate({
              search: (previous) => ({ ...previous, addresses: isShort ? text : undefined, ip: undefined }),
            });
          }}
        >
          <Stack gap="sm" align="flex-start">
            <Textarea
              label="Addresses"
              description="IPv4 or IPv6, one a line or with commas between them"
              placeholder={'203.0.113.7\n2001:db8::1'}
              rows={6}
              w="100%"
              maw={560}
              spellCheck={false}
              ref={input}
              defaultValue={linked ?? ''}
              error={fault}
              onChange={() => fault !== null && setFault(null)}
            />
            <Group gap="sm">
              <Button type="submit">Look up the cities</Button>
              {long !== null && (
                <Text size="sm" role="status">
                  This list is too long for a link: a copied link does not have it.
                </Text>
              )}
            </Group>
          </Stack>
        </form>
        {requested !== undefined && <CityTable key={requested} pasted={requested} />}
      </Stack>
    </Paper>
  );
}
