import { Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ImportOptions, PreviewedImport } from './options.ts';

type Dialect = NonNullable<PreviewedImport['dialect']>;

interface FieldProps {
  readonly options: ImportOptions;
  readonly dialect: Dialect | null;
  onChange(changed: Partial<ImportOptions>): void;
}

const delimiters = [
  ...(['COMMA', 'SEMICOLON', 'TAB', 'PIPE', 'TILDE', 'CARET', 'COLON', 'SPACE'] as const),
  ...(['UNIT_SEPARATOR', 'START_OF_HEADING'] as const),
];
const encodings = ['UTF_8', 'WINDOWS_1252', 'UTF_16LE', 'UTF_16BE'] as const;

const encodingLabels: Readonly<Record<string, string>> = {
  UTF_8: 'UTF-8',
  WINDOWS_1252: 'Windows-1252',
  UTF_16LE: 'UTF-16, little-endian',
  UTF_16BE: 'UTF-16, big-endian',
};

const delimiterLabel = (name: string): string => {
  const words = name.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The choice that leaves it to the server, with what it found. */
const found = (label: string | null | undefined) => ({
  value: '',
  label: label ? `Found: ${label}` : 'Found by itself',
});

const orNull = <Value extends string>(value: string): Value | null => (value === '' ? null : (value as Value));

function ChosenFields({ options, dialect, onChange }: FieldProps) {
  const { delimiter, encoding } = dialect ?? {};
  return (
    <>
      <NativeSelect
        label="Delimiter"
        value={options.delimiter ?? ''}
        data={[
          found(options.delimiter ? null : delimiter && delimiterLabel(delimiter)),
          ...delimiters.map((value) => ({ value, label: delimiterLabel(value) })),
        ]}
        onChange={({ currentTarget }) => onChange({ delimiter: orNull(currentTarget.value) })}
      />
      <NativeSelect
        label="Encoding"
        value={options.encoding ?? ''}
        data={[
          found(options.encoding ? null : encoding && encodingLabels[encoding]),
          ...encodings.map((value) => ({ value, label: encodingLabels[value] ?? value })),
        ]}
        onChange={({ currentTarget }) => onChange({ encoding: orNull(currentTarget.value) })}
      />
      <NativeSelect
        label="Decimal sign"
        value={options.decimal ?? ''}
        data={[found(null), { value: 'POINT', label: 'Point: 1,234.5' }, { value: 'COMMA', label: 'Comma: 1.234,5' }]}
        onChange={({ currentTarget }) => onChange({ decimal: orNull(currentTarget.value) })}
      />
      <NativeSelect
        label="Order of dates"
        value={options.dateOrder ?? ''}
        data={[
          found(null),
          { value: 'YMD', label: '2024-12-31' },
          { value: 'DMY', label: '31.12.2024' },
          { value: 'MDY', label: '12/31/2024' },
        ]}
        onChange={({ currentTarget }) => onChange({ dateOrder: orNull(currentTarget.value) })}
      />
    </>
  );
}

const headerText = (dialect: Dialect | null): string => {
  if (dialect === null) return 'Found by itself';
  return dialect.headerLine === null ? 'Found: no header' : `Found: line ${dialect.headerLine}`;
};

/** Read again when the field is left, not with each key. */
function HeaderField({ options, dialect, onChange, error }: FieldProps & { readonly error: string | undefined }) {
  const { headerLine } = options;
  const isLine = headerLine !== null && headerLine !== 'NONE';
  const [line, setLine] = useState(isLine ? headerLine : '1');
  return (
    <>
      <NativeSelect
        label="Header"
        value={headerLine === null ? '' : isLine ? 'LINE' : 'NONE'}
        data={[
          { value: '', label: headerLine === null ? headerText(dialect) : 'Found by itself' },
          { value: 'LINE', label: 'In the line …' },
          { value: 'NONE', label: 'No header' },
        ]}
        onChange={({ currentTarget: { value } }) =>
          onChange({ headerLine: value === '' ? null : value === 'LINE' ? line : 'NONE' })
        }
        error={isLine ? undefined : error}
      />
      {isLine && (
        <TextInput
          label="Line of the header"
          inputMode="numeric"
          value={line}
          error={error}
          onChange={({ currentTarget }) => setLine(currentTarget.value)}
          onBlur={() => onChange({ headerLine: line.trim() === '' ? '1' : line.trim() })}
          w={150}
        />
      )}
    </>
  );
}

function MarkersField({ options, onChange }: Pick<FieldProps, 'options' | 'onChange'>) {
  const [text, setText] = useState(options.nullMarkers);
  return (
    <Textarea
      label="Texts for a missing value"
      description="One a line, instead of NA, NULL, -"
      inputWrapperOrder={['label', 'input', 'description']}
      autosize
      minRows={1}
      maxRows={4}
      w={210}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={() => onChange({ nullMarkers: text })}
    />
  );
}

/** How the file is read: what was found, each to change. */
export const DialectFields = (props: FieldProps & { readonly headerError: string | undefined }) => (
  <Group gap="sm" align="flex-start" role="group" aria-label="How the file is read">
    <ChosenFields {...props} />
    <HeaderField {...props} error={props.headerError} />
    <MarkersField {...props} />
  </Group>
);
