import type { ImportTarget } from '../../lib/import-target.ts';

export const userFilesTarget = {
  name: 'USER_FILES',
  command: 'user-files',
  description: 'A folder or bucket with one CSV file and at most one image per user; its objects are the records.',
  input: 'FOLDER',
  readOptions: [],
} as const satisfies ImportTarget;
