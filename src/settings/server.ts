import type { SettingDefinitions } from './setting.ts';
import { apiKeys, flag, instant, integer, list, oneOf, text, webUrl } from './value-types.ts';

/** Where the server listens, whom it answers, and what it logs. */
export const serverSettings = {
  data: { type: text, default: 'data', description: 'Data folder; created when missing.', isCommon: true },
  host: {
    type: text,
    default: '127.0.0.1',
    description:
      'Address to listen on. On any address but loopback every request needs an API key, and the first start makes one.',
    isCommon: true,
  },
  port: {
    type: integer({ min: 0, max: 65_535 }),
    default: '4000',
    description: 'Port to listen on; 0 chooses a free one.',
    isCommon: true,
  },
  stopDelayMs: {
    type: integer({ min: 0 }),
    default: '1000',
    description:
      'How long a server that is asked to stop goes on while `/readyz` answers 503, before it closes its port, in milliseconds: longer than the interval at which a load balancer looks.',
  },
  stopWaitMs: {
    type: integer({ min: 0 }),
    default: '5000',
    description:
      'How long a server that has closed its port waits for requests in progress before it cuts them short, in milliseconds.',
  },
  publicUrl: {
    type: webUrl,
    default: '',
    description:
      'URL under which people reach this server, such as `https://asof.example.com`, for the links of alerts; empty uses the address it listens on.',
    isCommon: true,
  },
  apiKeys: {
    type: apiKeys,
    default: '',
    description:
      'API keys in addition to those of `asof keys`: `scope:key`, separated by commas, with the scope read, ingest or admin. A key needs at least 128 random bits, as `openssl rand -hex 32` prints them; nobody is admitted with a weaker one. Prefer the environment variable: other programs can see the options of a process.',
    isCommon: true,
    isSecret: true,
  },
  allowedOrigins: {
    type: list,
    default: '',
    description: 'Origins of other sites whose pages may call this server, separated by commas.',
    isCommon: true,
  },
  logLevel: {
    type: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    description: 'Minimum log level: trace, debug, info, warn, error, fatal or silent. The log goes to stderr.',
    isCommon: true,
  },
  logSql: { type: flag, default: 'false', description: 'Logs every SQL statement that runs, at the level info.' },
  now: {
    type: instant,
    default: '',
    description: 'Freezes the clock at this instant, for tests; empty uses the system clock.',
  },
} satisfies SettingDefinitions;

/** Writing to the store, and following what other processes write. */
export const storeSettings = {
  writeQueueMax: {
    type: integer(),
    default: '10000',
    description: 'Maximum number of pending writes; further ones are refused with 503.',
  },
  writeWaitMs: {
    type: integer(),
    default: '10000',
    description: 'How long a write waits for another process to release its lock on the store, in milliseconds.',
  },
  writeProbeMs: {
    type: integer(),
    default: '1000',
    description:
      'Interval between checks whether the data folder can be written again after a write has failed, in milliseconds.',
  },
  segmentRecords: {
    type: integer({ max: 10_000_000 }),
    default: '500000',
    description:
      'Maximum number of sequence numbers in a segment of `asof ledger archive`. A segment is held in memory while it is written, about 30 bytes for each.',
  },
  firstSequence: {
    type: integer({ max: Number.MAX_SAFE_INTEGER }),
    default: '1',
    description:
      'Sequence number of the first record of a new ledger, for one that goes on with the numbers of another; a ledger that has records goes on after its last one.',
  },
  startCheckRecordsMax: {
    type: integer(),
    default: '5000000',
    description:
      'Number of records up to which a store that was not closed by asof, or that was changed by others since, is checked as a whole before the server is ready; of a larger one only so many of the newest records are, and the others in the background.',
  },
  indexFileRecords: {
    type: integer({ min: 0 }),
    default: '250000',
    description:
      'New records after which the indices are written to a file beside the store, from which the next start loads them; 0 writes none.',
  },
  indexFileStopRecords: {
    type: integer({ min: 0 }),
    default: '20000',
    description: 'The same when the server stops.',
  },
  indexFileStopMs: {
    type: integer({ min: 0 }),
    default: '5000',
    description: 'How long a server that stops writes such a file before it leaves it out, in milliseconds.',
  },
  followMs: {
    type: integer(),
    default: '250',
    description: 'Interval between checks for records of other processes, in milliseconds.',
  },
} satisfies SettingDefinitions;
