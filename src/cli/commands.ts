import type { Command } from './command.ts';
import { alertsCommand } from './commands/alerts/alerts.ts';
import { backupCommand } from './commands/backup/backup.ts';
import { checkCommand } from './commands/check.ts';
import { codegenCommand } from './commands/codegen.ts';
import { datasetsCommand } from './commands/datasets/datasets.ts';
import { documentsCommand } from './commands/documents/documents.ts';
import { eraseCommand } from './commands/erase.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import/import.ts';
import { cityCommand } from './commands/ip-city.ts';
import { keysCommand } from './commands/keys.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { mcpCommand } from './commands/mcp.ts';
import { migrateCommand } from './commands/migrate.ts';
import { rejectsCommand } from './commands/rejects/rejects.ts';
import { restoreCommand } from './commands/restore.ts';
import { serveCommand } from './commands/serve.ts';
import { sqlCommand } from './commands/sql.ts';
import { syncCommand } from './commands/sync.ts';
import { statusCommand } from './commands/user-status.ts';
import { verifyCommand } from './commands/verify.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  serveCommand,
  importCommand,
  syncCommand,
  datasetsCommand,
  exportCommand,
  rejectsCommand,
  keysCommand,
  checkCommand,
  migrateCommand,
  alertsCommand,
  sqlCommand,
  statusCommand,
  cityCommand,
  verifyCommand,
  backupCommand,
  restoreCommand,
  eraseCommand,
  ledgerCommand,
  codegenCommand,
  documentsCommand,
  mcpCommand,
];
