import type { SettingDefinitions } from './setting.ts';
import { bytes, integer } from './value-types.ts';

/** Uploaded CSV files that become tables. */
export const datasetSettings = {
  datasetCellLengthMax: {
    type: integer(),
    default: '100000',
    description: 'Maximum length of a cell, in characters; a row with a longer cell is rejected.',
  },
  datasetColumnsMax: { type: integer(), default: '1000', description: 'Maximum number of columns of a dataset.' },
  datasetRejectsMax: {
    type: integer({ min: 0 }),
    default: '10000',
    description: 'Maximum number of rejected rows of a file; with more, the whole import fails.',
  },
  datasetQueryMsMax: {
    type: integer(),
    default: '10000',
    description: 'Timeout of a query of a dataset, in milliseconds; its process is then killed.',
  },
  datasetProcesses: { type: integer(), default: '2', description: 'Number of processes that answer dataset queries.' },
  datasetImportsAtOnce: {
    type: integer(),
    default: '1',
    description: 'Number of dataset imports that run at the same time; further ones wait.',
  },
  datasetCacheBytesMax: {
    type: bytes,
    default: '256MB',
    description: 'Maximum size of the cache of columns and sort orders in each of these processes.',
  },
  datasetPageBytesMax: {
    type: bytes,
    default: '8MB',
    description: 'Maximum size of a page of rows; a larger page ends early.',
  },
  datasetGroupsMax: {
    type: integer(),
    default: '1000000',
    description: 'Maximum number of groups of an aggregate of a dataset.',
  },
  datasetGroupColumnsMax: {
    type: integer(),
    default: '8',
    description: 'Maximum number of columns that an aggregate of a dataset groups by.',
  },
  datasetMeasuresMax: {
    type: integer(),
    default: '50',
    description: 'Maximum number of measures of an aggregate of a dataset.',
  },
  datasetStatisticsColumnsMax: {
    type: integer(),
    default: '50',
    description: 'Maximum number of columns of a request for facets or profiles of a dataset.',
  },
  datasetNeedleLengthMax: {
    type: integer(),
    default: '256',
    description: 'Maximum length of a text to search for in a dataset, in characters.',
  },
} satisfies SettingDefinitions;
