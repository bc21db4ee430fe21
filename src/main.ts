import { runProgram } from './cli/program.ts';

/** `npm start`: the server, with demo data in a data folder that is still empty. */
process.exitCode = await runProgram(['serve', '--demo', ...process.argv.slice(2)], process);
