import { List, Stack, Text } from '@mantine/core';
import type { ImportDetailsQuery } from '../../generated/graphql.ts';

type Dialect = NonNullable<NonNullable<ImportDetailsQuery['import']>['dialect']>;

/** How a CSV file was read. */
export function DialectLine({ dialect }: { readonly dialect: Dialect }) {
  const { delimiter, encoding, headerLine, skippedLines, warnings } = dialect;
  const words = [
    `delimiter ${delimiter.toLowerCase().replaceAll('_', ' ')}`,
    `encoding ${encoding.replaceAll('_', '-')}`,
    headerLine === null || headerLine === undefined ? 'no header' : `header in line ${headerLine}`,
    ...(skippedLines > 0 ? [`${skippedLines} lines skipped`] : []),
  ];
  return (
    <Stack gap={4}>
      <Text size="sm">{`CSV: ${words.join(', ')}`}</Text>
      {warnings.length > 0 && (
        <List size="sm">
          {warnings.map((warning) => (
            <List.Item key={warning}>{warning}</List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}
