import type { Import } from '../../src/domains/imports/job.ts';
import { DomainError } from '../../src/errors.ts';
import { readOptionsOf } from '../../src/lib/import-option-texts.ts';
import { builder } from '../builder.ts';
import { datasetArgs, importedDataset, refuseDatasetArgs } from '../datasets/imports.ts';
import { ConflictError, memberOf, outcomeOf, SourceError, ValidationError } from '../faults.ts';
import { ImportTargetEnum, ImportType } from '../imports/imports.ts';
import { readOptionArgs } from '../imports/options.ts';
import { UserStatusEnum } from '../user-status/status.ts';

const ImportSourceInput = builder.inputType('ImportSourceInput', {
  description: 'Where a file is: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    url: t.string({
      description: 'A link to a file, http or https. Private addresses must be listed in the setting importAllow.',
    }),
    file: t.field({ type: 'File', description: 'An uploaded file; at most the setting uploadBytesMax.' }),
    location: t.string({ description: 'A path in the folder that the operator allows (setting importFolder).' }),
  }),
});

const StatusWordInput = builder.inputType('StatusWordInput', {
  description: 'A word for a status, e.g. `completed` for `CANCELLED`.',
  fields: (t) => ({
    word: t.string({ required: true, description: 'The word in the file.' }),
    status: t.field({ type: UserStatusEnum, required: true, description: 'The status it means.' }),
  }),
});

const StartImportInput = builder.inputType('StartImportInput', {
  description: 'A file to import.',
  fields: (t) => ({
    target: t.field({ type: ImportTargetEnum, required: true, description: 'What its records are.' }),
    source: t.field({
      type: ImportSourceInput,
      description: 'Where it is; omitted for `USER_FILES`, whose location the operator sets.',
    }),
    ...readOptionArgs(t),
    ...datasetArgs(t),
    statusWords: t.field({ type: [StatusWordInput], description: 'Additional words for a status; default none.' }),
    wait: t.boolean({
      required: true,
      defaultValue: true,
      description: 'True: respond when the import has ended. False: respond at once; `node` returns the progress.',
    }),
  }),
});

const ImportIpRangesInput = builder.inputType('ImportIpRangesInput', {
  description: 'A complete table of IP ranges.',
  fields: (t) => ({
    source: t.field({ type: ImportSourceInput, required: true, description: 'Where it is.' }),
    ...readOptionArgs(t),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Reads and judges every row and publishes nothing; the current table stays. The result has the counts, `dialect`, `recordPreview` and `firstRejects`.',
    }),
  }),
});

const StartImportPayload = builder.objectRef<{ import: Import }>('StartImportPayload').implement({
  description: 'The current state of the import.',
  fields: (t) => ({
    import: t.field({ type: ImportType, description: 'The import.', resolve: (payload) => payload.import }),
  }),
});

const StartImportResult = builder.unionType('StartImportResult', {
  description: 'The import, or why it could not start.',
  types: [StartImportPayload, ValidationError, SourceError, ConflictError],
  resolveType: memberOf('StartImportPayload'),
});

const members = ['ValidationError', 'SourceError', 'ConflictError'];

builder.mutationFields((t) => ({
  startImport: t.field({
    type: StartImportResult,
    description:
      'Imports a file, or for `USER_FILES` synchronizes them, joining a synchronization that runs. Records are judged one by one; a file of another kind fails as a whole.',
    args: { input: t.arg({ type: StartImportInput, required: true, description: 'The file.' }) },
    resolve: (_root, { input }, { uploads, datasetUploads }) => {
      const { target, source, statusWords, dryRun, wait } = input;
      if (target === 'DATASET') {
        if (statusWords?.length)
          throw new DomainError('BAD_REQUEST', 'statusWords: only for the target STATUS_CHANGES');
        return outcomeOf(importedDataset(datasetUploads, input), members);
      }
      refuseDatasetArgs(input);
      const words = Object.fromEntries((statusWords ?? []).map(({ word, status }) => [word, status]));
      const options = { ...readOptionsOf(input), synonyms: words, dryRun, wait };
      return outcomeOf(uploads.importFrom(target, source, options), members);
    },
  }),
  importIpRanges: t.field({
    type: StartImportResult,
    description:
      'Replaces the table of IP ranges with the table in the file: `startImport` with the target `IP_RANGES`.',
    args: { input: t.arg({ type: ImportIpRangesInput, required: true, description: 'The table.' }) },
    resolve: (_root, { input: { source, dryRun, ...input } }, { uploads }) =>
      outcomeOf(uploads.importFrom('IP_RANGES', source, { ...readOptionsOf(input), dryRun, wait: true }), members),
  }),
}));
