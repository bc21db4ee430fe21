import { Anchor, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { CopyAs } from '../../components/copy-as.tsx';
import { useSession } from '../../data/session.tsx';

const query = '{ enrichedAggregate { nodes { key { userStatus city } measures { count sum } } total { count sum } } }';

interface Face {
  readonly title: string;
  readonly text: string;
  readonly links: readonly { readonly href: string; readonly label: string }[];
  /** A request to try. */
  readonly example?: string;
}

const facesOf = (origin: string, header: string): readonly Face[] => [
  {
    title: 'GraphQL',
    text: 'Everything these pages show, and more. GraphiQL has the documentation of each field and example operations.',
    links: [{ href: '/graphql', label: 'Open GraphiQL' }],
    example: `curl -s ${origin}/graphql${header} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`,
  },
  {
    title: 'REST',
    text: 'The most frequent requests by plain HTTP. Each route has a form to try it.',
    links: [
      { href: '/docs', label: 'Open the REST documentation' },
      { href: '/openapi.json', label: 'OpenAPI document' },
    ],
    example: `curl -s ${origin}/transactions/aggregate${header}`,
  },
  {
    title: 'Typed clients',
    text: 'The command writes TypeScript types, ids of documents and cache settings for the operations of a program.',
    links: [],
    example: `asof codegen --url ${origin} --documents 'src/**/*.graphql' --out src/generated`,
  },
  {
    title: 'Tools for models',
    text: 'Each trusted document is a tool of the Model Context Protocol.',
    links: [],
    example: `${origin}/mcp`,
  },
];

/** The ways in for programs, each with a request to try. */
export function Faces() {
  const { apiKey } = useSession();
  const faces = facesOf(location.origin, apiKey === null ? '' : ' -H "x-api-key: $KEY"');
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {faces.map(({ title, text, links, example }) => (
        <Paper key={title} withBorder p="md" component="section" aria-label={title}>
          <Stack gap="xs">
            <Title order={2}>{title}</Title>
            <Text size="sm">{text}</Text>
            <Group gap="md">
              {links.map(({ href, label }) => (
                <Anchor key={href} href={href}>
                  {label}
                </Anchor>
              ))}
            </Group>
            {example !== undefined && (
              <>
                <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                  {example}
                </Code>
                <CopyAs entries={[{ label: title, text: example }]} />
              </>
            )}
          </Stack>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
