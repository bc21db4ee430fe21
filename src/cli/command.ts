import type { Command as Declared } from 'commander';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

export interface Command {
  /** Adds itself, its arguments and options to the program. */
  declare(program: Declared): Declared;
  run(invoked: Declared, terminal: Terminal): Promise<ExitCode>;
}
