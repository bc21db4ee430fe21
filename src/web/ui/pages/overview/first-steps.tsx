import { Box, Button, Code, Stack, Text, Title } from '@mantine/core';
import { CodeIcon, LinkIcon, UploadIcon } from '@primer/octicons-react';
import { Link } from '@tanstack/react-router';
import { CopyAs } from '../../components/copy-as.tsx';
import { useViewer } from '../../data/viewer.tsx';

/** A request that stores one event of an experiment, as the shell writes it. */
const eventRequest = (origin: string, needsKey: boolean): string =>
  [
    `curl ${origin}/receive_event`,
    ...(needsKey ? ["  -H 'x-api-key: YOUR-KEY'"] : []),
    "  -H 'content-type: application/json'",
    `  -d '${JSON.stringify({
      ...{ event_id: 'first', user_id: 'u1', account_type: 'free', version: 'A' },
      ...{ date: new Date().toISOString().slice(0, 10), event_type: null, order_value: null },
    })}'`,
  ].join(' \\\n');

/** What to do on a server without data, each step with the button that does it. */
export function FirstSteps() {
  const { needsKey } = useViewer();
  const request = eventRequest(location.origin, needsKey);
  return (
    <Stack gap="sm" component="section" aria-labelledby="first-steps">
      <Title order={2} id="first-steps">
        First steps
      </Title>
      <Text>This server has no data yet. Any of these changes that; figures appear here by themselves.</Text>
      <Box component="ol" m={0} pl="lg">
        <Box component="li" mb="md">
          <Stack gap={6} align="flex-start">
            <Text>Load a file: users, events, transactions, status changes, or a table of IP ranges.</Text>
            <Button
              renderRoot={(props) => <Link {...props} to="/intake" search={{ tab: 'upload' }} />}
              leftSection={<UploadIcon size={16} aria-hidden />}
            >
              Load a file
            </Button>
          </Stack>
        </Box>
        <Box component="li" mb="md">
          <Stack gap={6} align="flex-start">
            <Text>Or make a dataset of any CSV file, from a link or this computer, and look around in it.</Text>
            <Button component={Link} to="/datasets" variant="default" leftSection={<LinkIcon size={16} aria-hidden />}>
              Paste a link
            </Button>
          </Stack>
        </Box>
        <Box component="li" mb="md">
          <Stack gap={6} align="flex-start">
            <Text>Or send an event of an experiment from a shell.</Text>
            <Code block maw="100%" style={{ overflowX: 'auto' }} tabIndex={0} aria-label="Request that sends an event">
              {request}
            </Code>
            <CopyAs label="Copy" entries={[{ label: 'curl', text: request }]} />
          </Stack>
        </Box>
        <Box component="li" mb="md">
          <Stack gap={6} align="flex-start">
            <Text>Programmers find every query, with examples that run, in GraphiQL.</Text>

            <Button component="a" href="/graphql" variant="default" leftSection={<CodeIcon size={16} aria-hidden />}>
              Open GraphiQL
            </Button>
          </Stack>
        </Box>
      </Box>
    </Stack>
  );
}
