import type { SettingDefinitions } from './setting.ts';
import { bytes, fraction, hosts, integer, text } from './value-types.ts';

/** Files that are uploaded, imported from a folder, or downloaded from a link. */
export const importSettings = {
  importFolder: {
    type: text,
    default: '',
    description: 'Folder from which `startImport` may read files by `location`; empty disables it.',
    isCommon: true,
  },
  watchFolder: {
    type: text,
    default: '',
    description:
      'Folder to watch for files; empty disables it. Its sub-folders are named like the targets of `asof import` and created when missing; a file of its sub-folder `datasets` becomes the dataset of its name, `games.csv` the dataset `games`. Imported files stay in place; names that begin with a dot or end in `.part` or `.tmp` are ignored.',
    isCommon: true,
  },
  watchMs: {
    type: integer(),
    default: '2000',
    description:
      'Interval between polls of the watched folder, in milliseconds; a file is imported once unchanged for two polls.',
  },
  uploadPartsMax: {
    type: integer(),
    default: '100',
    description: 'Maximum number of parts of a multipart upload: its files, `operations` and `map`.',
  },
  uploadBytesMax: {
    type: bytes,
    default: '200MB',
    description: 'Maximum size of an upload; import larger files with `asof import` or from `importFolder`.',
    isCommon: true,
  },
  fileBytesMax: { type: bytes, default: '4GB', description: 'Maximum size of a file to import.' },
  recordBytesMax: { type: bytes, default: '1MB', description: 'Maximum size of one record of a file.' },
  ipTableRejectedMax: {
    type: fraction,
    default: '0.5',
    description:
      'Maximum share of rejected rows with which a table of IP ranges replaces the current one; a table with more of them fails.',
  },
  ipTableCacheBytesMax: {
    type: bytes,
    default: '256MB',
    description:
      'Maximum memory of replaced tables of IP ranges that questions about earlier states have used; others are built again from the store. The newest table is not counted.',
  },
  batchRecords: {
    type: integer(),
    default: '500',
    description: 'Number of records that an import stores in one transaction.',
  },
  importThreadBytes: {
    type: bytes,
    default: '1MB',
    description:
      'Size of files from which on an import of records runs in a thread of its own; for smaller ones, starting it takes longer than it saves.',
  },
  importAllow: {
    type: hosts,
    default: '',
    description:
      'Hosts with private addresses that links may name nevertheless: `host` or `host:port`, separated by commas.',
  },
  linkBytesMax: {
    type: bytes,
    default: '150MB',
    description: 'Maximum size of a file behind a link, both as sent and after decompression.',
  },
  linkIdleMs: {
    type: integer(),
    default: '30000',
    description: 'Timeout for the response of a link, and then for each further piece of its file, in milliseconds.',
  },
  linkTotalMs: {
    type: integer(),
    default: '900000',
    description: 'Timeout for the whole file behind a link, in milliseconds.',
  },
  linkRedirectsMax: { type: integer({ min: 0 }), default: '5', description: 'Maximum number of redirects of a link.' },
} satisfies SettingDefinitions;
