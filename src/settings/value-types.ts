import { z } from 'zod';
import { parseScopedKey, type ScopedDigest } from '../lib/api-key.ts';
import { type HostPort, parseHostPort } from '../lib/host-port.ts';
import { parseInstant } from '../lib/time.ts';

/** A value that `parse` reads from text; undefined is reported as "must be <expected>". */
const parsed = <Value>(expected: string, parse: (text: string) => Value | undefined) =>
  z.string().transform((text, context): Value => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

const parts = (text: string): string[] => text.split(',').filter(Boolean);

/** Parses each part of a comma-separated list; undefined when one of them is malformed. */
const parseList = <Item>(text: string, parse: (part: string) => Item | null): readonly Item[] | undefined => {
  const items = parts(text).map((part) => parse(part.trim()));
  return items.every((item) => item !== null) ? items : undefined;
};

export const text = z.string();

/** Separated by commas. */
export const list = z.string().transform((value): readonly string[] => parts(value));

/** `host` or `host:port`, separated by commas. */
export const hosts = parsed<readonly HostPort[]>(
  'hosts like files.internal or 127.0.0.1:8080, separated by commas',
  (value) => parseList(value, parseHostPort),
);

/** Without a slash at the end; empty for none. */
export const webUrl = parsed('a URL like https://asof.example.com, without user name, query and fragment', (value) => {
  if (value === '') return value;
  if (!URL.canParse(value)) return undefined;
  const { protocol, username, password, search, hash, href } = new URL(value);
  const isPlain = username === '' && password === '' && search === '' && hash === '';
  return /^https?:$/.test(protocol) && isPlain ? href.replace(/\/+$/, '') : undefined;
});

/** `scope:key`, separated by commas; only the digests of the keys are retained. */
export const apiKeys = parsed<readonly ScopedDigest[]>(
  'scope:key, separated by commas, with the scope read, ingest or admin',
  (value) => parseList(value, parseScopedKey),
);

const integerMax = 999_999_999;

export const integer = ({ min = 1, max = integerMax } = {}) =>
  parsed(`a whole number ${max === integerMax ? `of at least ${min}` : `from ${min} to ${max}`}`, (value) =>
    /^\d{1,16}$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined,
  );

const bytesPerUnit: Readonly<Record<string, number>> = { '': 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** More than 0 bytes, with a decimal unit or without. */
export const bytes = parsed('a size of more than 0 bytes, like 500kB, 8MB or 4GB', (value) => {
  const [, digits, unit = ''] = /^(\d{1,12})(|kB|MB|GB)$/.exec(value) ?? [];
  return Number(digits) * (bytesPerUnit[unit] ?? Number.NaN) || undefined;
});

/** From 0 to 1. */
export const fraction = parsed('a number from 0 to 1, such as 0.1', (value) =>
  /^(0|1|0?\.\d{1,9})$/.test(value) ? Number(value) : undefined,
);

/** More than 0, up to 1. */
export const probability = parsed('a number above 0 and up to 1, such as 0.01', (value) =>
  /^(1|0?\.\d{1,9})$/.test(value) && Number(value) > 0 ? Number(value) : undefined,
);

const flagValues: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

export const flag = parsed('true (1) or false (0)', (value) =>
  Object.hasOwn(flagValues, value) ? flagValues[value] : undefined,
);

/** Microseconds since 1970 UTC; null when it is empty. */
export const instant = parsed<number | null>('a date and time, such as 2025-01-31T12:00:00Z', (value) =>
  value === '' ? null : (parseInstant(value) ?? undefined),
);

export const oneOf = <const Choice extends string>(choices: readonly Choice[]) =>
  parsed<Choice>(`one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));
