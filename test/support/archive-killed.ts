import { archiveRecords, stepping } from './archive.ts';

/**
 * A process of its own that archives records and kills itself at the step with a number:
 * `archive-killed.ts <folder> <before> <step>`. It prints `done` when it got to its end.
 */
const [data = '', before = '0', step = '0'] = process.argv.slice(2);
const atStep = (number: number): void => {
  if (number === Number(step)) process.kill(process.pid, 'SIGKILL');
};
await archiveRecords({ data, before: Number(before), segmentRecords: 30 }, stepping(atStep));
process.stdout.write('done\n');
