import type { Command as CommanderCommand } from 'commander';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

export interface Command {
  /** Adds the command with its arguments and options to the program. */
  declare(program: CommanderCommand): CommanderCommand;
  run(invoked: CommanderCommand, terminal: Terminal): Promise<ExitCode>;
}
