import { Command as CommanderCommand } from 'commander';
import { programVersion } from '../version.ts';
import { commands } from './commands.ts';
import { type ExitCode, exitFor, exitSuccess } from './exit.ts';
import { createTerminal, type HostProcess } from './terminal.ts';

const epilogue = `
Exit codes: 0 success, 1 problems found, 2 wrong usage, 3 could not run.
Each command has its own help: asof import --help`;

/** Runs the command line `args` and returns the exit code. Never throws: it prints errors to stderr. */
export const runProgram = async (args: readonly string[], hostProcess: HostProcess): Promise<ExitCode> => {
  const terminal = createTerminal(hostProcess);
  let exitCode: ExitCode = exitSuccess;
  const program = new CommanderCommand('asof')
    .description('Keeps every raw record and answers what was true at the time.')
    .version(programVersion())
    .configureOutput({
      writeOut: (text) => void hostProcess.stdout.write(text),
      writeErr: (text) => terminal.printError(text.trimEnd()),
    })
    .showHelpAfterError('(add --help for usage)')
    .addHelpText('after', epilogue)
    // A command may have an option `--version` of its own.
    .enablePositionalOptions()
    .exitOverride();
  for (const command of commands) {
    const declared = command.declare(program).action(async () => {
      exitCode = await command.run(declared, terminal);
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    await terminal.flush();
    return exitCode;
  } catch (error) {
    const end = exitFor(error);
    if (end.message !== null) terminal.printError(`asof: ${end.message}`);
    return end.exitCode;
  }
};
