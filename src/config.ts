import { DomainError } from './errors.ts';
import { parseScopedKey, type ScopedDigest } from './lib/api-key.ts';
import { type HostPort, parseHostPort } from './lib/host-port.ts';
import { parseInstant } from './lib/time.ts';

/** The kinds of settings, and what a value of each is read into. */
interface Kinds {
  text: string;
  /** Separated by commas. */
  list: readonly string[];
  /** `host` or `host:port`, separated by commas. */
  hosts: readonly HostPort[];
  /** `scope:key`, separated by commas; the keys themselves are not kept. */
  keys: readonly ScopedDigest[];
  integer: number;
  bytes: number;
  /** From 0 to 1. */
  fraction: number;
  /** More than 0, up to 1. */
  probability: number;
  /** `true` or `false`. */
  flag: boolean;
  /** Microseconds since 1970 UTC; null when it is not given. */
  instant: number | null;
}

export interface Setting<Name extends string = string, Kind extends keyof Kinds = keyof Kinds> {
  /** Its name in `Config` and, in kebab case, as an option of `asof serve`. */
  readonly name: Name;
  readonly environment: string;
  readonly kind: Kind;
  readonly fallback: string;
  readonly meaning: string;
  /** Least and greatest value of a number. */
  readonly min: number;
  readonly max: number;
}

const setting = <const Name extends string, const Kind extends keyof Kinds>(
  name: Name,
  kind: Kind,
  fallback: string,
  meaning: string,
  min = 1,
  max = 999_999_999,
): Setting<Name, Kind> => ({
  name,
  environment: `ASOF_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  kind,
  fallback,
  meaning,
  min,
  max,
});

/** All settings. `docs/reference/settings.md` is generated from this list. */
export const settings = [
  setting('data', 'text', 'data', 'Data folder; made when missing.'),
  setting('host', 'text', '127.0.0.1', 'Address to listen on. Anything but loopback needs API keys.'),
  setting('port', 'integer', '4000', 'Port to listen on; 0 takes a free one.', 0),
  setting(
    'apiKeys',
    'keys',
    '',
    'API keys beside those of `asof keys`: `scope:key`, separated by commas, of scope read, ingest or admin. Better in the environment: other programs see the options of a command.',
  ),
  setting('now', 'instant', '', 'Freezes the clock at an instant, for tests; empty: the real time.'),
  setting('importFolder', 'text', '', 'Folder that `startImport` may read files from by `location`; empty: none.'),
  setting(
    'watchFolder',
    'text',
    '',
    'Folder whose sub-folders, named like the targets of `asof import` and made when missing, are watched: files put there are taken in and stay where they are, but for names that begin with a dot or end in `.part` or `.tmp`; empty: none.',
  ),
  setting(
    'watchMs',
    'integer',
    '2000',
    'How often to look there; a file is taken in once two looks found it the same.',
  ),
  setting(
    'userFiles',
    'text',
    '',
    'Folder, or `s3://bucket/prefix`, of one CSV and perhaps one image a user, kept in step with it; empty: none.',
  ),
  setting('userFilesEveryMinutes', 'integer', '10', 'How often to synchronise user files, 1 to 60.', 1, 60),
  setting(
    'userFilesStartMs',
    'integer',
    '10000',
    'How long a server that starts waits for the first synchronisation before it is ready all the same.',
    0,
  ),
  setting('userFilesParallel', 'integer', '16', 'User files read side by side.'),
  setting('userFilesTries', 'integer', '4', 'How often to try to read a user file, or to list the source.'),
  setting(
    'userFilesRetryMs',
    'integer',
    '200',
    'How long to wait before the second try; twice as long before each further one.',
  ),
  setting('userFilesTimeoutMs', 'integer', '30000', 'How long one request to a bucket may take.'),
  setting('imageBytesMax', 'bytes', '10MB', 'Largest image of a user.'),
  setting('imagePixelsMax', 'integer', '50000000', 'Most pixels of an image.'),
  setting('s3Endpoint', 'text', '', 'URL of the S3 server; empty: AWS.'),
  setting('s3Region', 'text', 'us-east-1', 'Region that requests to S3 are signed for.'),
  setting('s3AccessKeyId', 'text', '', 'Access key; empty for a bucket open to all.'),
  setting(
    's3SecretAccessKey',
    'text',
    '',
    'Its secret; better given by the environment, for others may see the options.',
  ),
  setting(
    's3PathStyle',
    'flag',
    'true',
    'Whether the bucket stands in the path (MinIO, Ceph) or, `false`, in the host’s name (AWS).',
  ),
  setting(
    'allowedOrigins',
    'list',
    '',
    'Origins of other sites whose pages may call this server, separated by commas.',
  ),
  setting('logLevel', 'text', 'info', 'Least level logged to stderr: debug, info, warn, error or silent.'),
  setting('pageSizeDefault', 'integer', '50', 'Rows of a page when neither `first` nor `last` is given.'),
  setting('pageSizeMax', 'integer', '1000', 'Most rows of a page.'),
  setting('recordsPerMutationMax', 'integer', '1000', 'Most records one mutation may carry.'),
  setting('bodyBytesMax', 'bytes', '8MB', 'Largest request body; uploads have `uploadBytesMax`.'),
  setting(
    'uploadBytesMax',
    'bytes',
    '200MB',
    'Largest upload; larger files are imported by command or `importFolder`.',
  ),
  setting(
    'importAllow',
    'hosts',
    '',
    'Hosts, `host` or `host:port`, separated by commas, that links may name although their addresses are private.',
  ),
  setting('linkBytesMax', 'bytes', '150MB', 'Largest file behind a link, as it is sent and unpacked.'),
  setting('linkIdleMs', 'integer', '30000', 'How long a link may take to answer, and then the next piece of its file.'),
  setting('linkTotalMs', 'integer', '900000', 'How long the whole file behind a link may take.'),
  setting('linkRedirectsMax', 'integer', '5', 'Most redirects of a link.', 0),
  setting('fileBytesMax', 'bytes', '4GB', 'Largest file to import.'),
  setting('recordBytesMax', 'bytes', '1MB', 'Largest single record of a file.'),
  setting('batchRecords', 'integer', '500', 'Records of an import stored in one transaction.'),
  setting('writeQueueMax', 'integer', '10000', 'Writes that may wait; beyond it they are refused with 503.'),
  setting('writeWaitMs', 'integer', '10000', 'How long a write waits for another process to release the store.'),
  setting(
    'monitorAlpha',
    'probability',
    '0.01',
    'How probable a false alarm about the split of users may be, however often one looks; of each other kind a tenth of it.',
  ),
  setting('monitorDeviationMin', 'fraction', '0.01', 'How far a share of users must be off its plan to alarm, 0 to 1.'),
  setting('monitorUsersMin', 'integer', '100', 'Fewer users of a market than these tell the monitor nothing.'),
  setting(
    'lateAfterMs',
    'integer',
    '86400000',
    'An experiment event is late when one so much newer was there before.',
    0,
  ),
  setting('futureToleranceMs', 'integer', '300000', 'How far ahead of the clock an event may be dated.', 0),
  setting('followMs', 'integer', '250', 'How often to look for records of other processes.'),
  setting('subscriptionsMax', 'integer', '1000', 'Most subscriptions open at one time; more are refused with 503.'),
  setting('liveEveryMsMin', 'integer', '250', 'Shortest `every` of a subscription, milliseconds.'),
  setting('queryDepthMax', 'integer', '15', 'Deepest nesting of fields in a GraphQL operation.'),
  setting('queryFieldsMax', 'integer', '1000', 'Most fields of a GraphQL operation, fragments written out.'),
  setting('queryTokensMax', 'integer', '5000', 'Most tokens of a GraphQL document.'),
  setting(
    'queryScansMax',
    'integer',
    '20',
    'Most fields of an operation that go through all facts, such as aggregates.',
  ),
  setting('trendPointsMax', 'integer', '10000', 'Most points of a trend.'),
  setting('followupsMax', 'integer', '100000', 'Most follow-ups the conversations of a page may have together.'),
  setting(
    'guessNoise',
    'fraction',
    '0',
    'How probable it is that a guess at a vowel is turned into its opposite, 0 to 1.',
  ),
  setting('filterValuesMax', 'integer', '10000', 'Most values all lists of a `where` may hold.'),
  setting('filterPartsMax', 'integer', '100', 'Most parts of a `where`, nested ones included.'),
  setting(
    'queryRowsMax',
    'integer',
    '1000000',
    'Most rows the nested pages of an operation may come to, page sizes multiplied.',
  ),
  setting(
    'datasetCellLengthMax',
    'integer',
    '100000',
    'Longest cell of a dataset, characters; a row with a longer one is rejected.',
  ),
  setting('datasetColumnsMax', 'integer', '1000', 'Most columns of a dataset.'),
  setting(
    'datasetRejectsMax',
    'integer',
    '10000',
    'Most rows of a file that may be rejected; beyond it the file is no table.',
    0,
  ),
  setting(
    'datasetQueryMsMax',
    'integer',
    '10000',
    'How long a question to a dataset may take, milliseconds; then its process is ended.',
  ),
  setting('datasetProcesses', 'integer', '2', 'Processes that answer questions to datasets.'),
  setting('datasetImportsAtOnce', 'integer', '1', 'Datasets that are built at one time; further ones wait.'),
  setting(
    'datasetCacheBytesMax',
    'bytes',
    '256MB',
    'What each of these processes may keep of columns and orders it has read.',
  ),
  setting('datasetPageBytesMax', 'bytes', '8MB', 'Most bytes of a page of rows; it is cut short beyond.'),
  setting('datasetGroupsMax', 'integer', '1000000', 'Most groups of an aggregate of a dataset.'),
  setting('datasetNeedleLengthMax', 'integer', '256', 'Longest text to search a dataset for, characters.'),
  setting(
    'exportStallMs',
    'integer',
    '30000',
    'How long an export waits for a reader that takes nothing, milliseconds; then it is cut off.',
  ),
];

export type Config = { readonly [Each in (typeof settings)[number] as Each['name']]: Kinds[Each['kind']] };

/**
 * Reads settings: `given` options by setting name win over the environment, that over the defaults. Throws BAD_REQUEST
 * naming the setting when a value is not of its kind.
 */
export const readConfig = (
  given: Readonly<Record<string, string | undefined>> = {},
  environment: Readonly<Record<string, string | undefined>> = {},
): Config =>
  Object.fromEntries(
    settings.map((each) => [
      each.name,
      readValue(each, given[each.name] ?? environment[each.environment] ?? each.fallback),
    ]),
  ) as unknown as Config;

const byteUnits: Readonly<Record<string, number>> = { '': 1, kB: 1e3, MB: 1e6, GB: 1e9 };

const readValue = (of: Setting, text: string): Kinds[keyof Kinds] => {
  const refuse = (expected: string): never => {
    throw new DomainError('BAD_REQUEST', `setting ${of.name} (${of.environment}) must be ${expected}, not "${text}"`);
  };
  if (of.kind === 'integer')
    return /^\d{1,9}$/.test(text) && Number(text) >= of.min && Number(text) <= of.max
      ? Number(text)
      : refuse(`a whole number from ${of.min}${of.max < 999_999_999 ? ` to ${of.max}` : ''}`);
  if (of.kind === 'flag') return text === 'true' || text === 'false' ? text === 'true' : refuse('true or false');
  if (of.kind === 'fraction')
    return /^(0|1|0?\.\d{1,9})$/.test(text) ? Number(text) : refuse('a number from 0 to 1, such as 0.1');
  if (of.kind === 'probability')
    return /^(1|0?\.\d{1,9})$/.test(text) && Number(text) > 0
      ? Number(text)
      : refuse('a number above 0, to 1, such as 0.01');
  if (of.kind === 'instant') return text === '' ? null : (parseInstant(text) ?? refuse('a date and time'));
  const parts = text.split(',').filter(Boolean);
  if (of.kind === 'list') return parts;
  if (of.kind === 'keys') {
    return parts.map((part) => {
      const key = parseScopedKey(part.trim());
      if (key !== null) return key;
      // The value is a secret, whatever is wrong with it.
      const expected = 'scope:key, separated by commas, of scope read, ingest or admin';
      throw new DomainError('BAD_REQUEST', `setting ${of.name} (${of.environment}) must be ${expected}`);
    });
  }
  if (of.kind === 'hosts') {
    const expected = 'hosts like files.internal or 127.0.0.1:8080, separated by commas';
    return parts.map((part) => parseHostPort(part.trim()) ?? refuse(expected));
  }
  if (of.kind === 'bytes') {
    const [, digits, unit = ''] = /^(\d{1,12})(|kB|MB|GB)$/.exec(text) ?? refuse('a size like 500kB, 8MB or 4GB');
    return Number(digits) * (byteUnits[unit] as number) || refuse('more than 0 bytes');
  }
  return text;
};
