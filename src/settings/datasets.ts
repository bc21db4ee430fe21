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
  datasetPartBytesMin: {
    type: bytes,
    default: '8MB',
    description:
      'Minimum size of the parts of a file that are read at the same time; a smaller file is read in one thread.',
  },
  keepVersions: {
    type: integer(),
    default: '10',
    description:
      'Number of versions of a dataset that are kept, the current one included; a dataset may have a number of its own. Older versions and their files are removed after an import.',
  },
  refreshMsMin: {
    type: integer(),
    default: '60000',
    description: 'Minimum interval between two refreshes of a dataset from its link, in milliseconds.',
  },
  datasetQueryMsMax: {
    type: integer(),
    default: '10000',
    description: 'Timeout of a query of a dataset, in milliseconds.',
  },
  datasetExportMsMax: {
    type: integer(),
    default: '300000',
    description: 'Timeout of writing an export of a dataset as Parquet, in milliseconds.',
  },
  datasetQueriesAtOnce: {
    type: integer(),
    default: '2',
    description: 'Number of dataset queries that run at the same time; further ones wait.',
  },
  datasetThreads: {
    type: integer(),
    default: '2',
    description: 'Number of threads that dataset queries share; as many read the parts of a file that is imported.',
  },
  datasetMemoryBytesMax: {
    type: bytes,
    default: '512MB',
    description: 'Maximum memory of all dataset queries and imports together; beyond it they use temporary files.',
  },
  datasetTempBytesMax: {
    type: bytes,
    default: '10GB',
    description: 'Maximum size of these temporary files.',
  },
  datasetImportsAtOnce: {
    type: integer(),
    default: '1',
    description: 'Number of dataset imports that run at the same time; further ones wait.',
  },
  datasetCacheBytesMax: {
    type: bytes,
    default: '64MB',
    description: 'Maximum size of the cache of answers to dataset queries.',
  },
  datasetCopiesBytesMax: {
    type: bytes,
    default: '200MB',
    description:
      'About the maximum size of the copies of datasets in memory, from which pages of rows are read; at most half of datasetMemoryBytesMax, which includes them.',
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
