import { checkCommand } from './check.ts';
import type { Command } from './command.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { cityCommand } from './ip-city.ts';
import { keysCommand } from './keys.ts';
import { rejectsCommand } from './rejects.ts';
import { serveCommand } from './serve.ts';
import { statusCommand } from './user-status.ts';
import { verifyCommand } from './verify.ts';

/** Every command there is, in the order of the help. */
export const commands: readonly Command[] = [
  serveCommand,
  importCommand,
  exportCommand,
  rejectsCommand,
  keysCommand,
  checkCommand,
  statusCommand,
  cityCommand,
  verifyCommand,
];
