import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** API keys, without the keys themselves. Rows of revoked keys stay, because records name the key they were sent with. */
export const apiKeys = sqliteTable('api_keys', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  name: text('name').notNull().unique(),
  scopes: text('scopes', { mode: 'json' }).$type<Array<'read' | 'ingest' | 'admin'>>().notNull(),
  /** SHA-256 of the key. */
  digest: text('digest').notNull().unique(),
  createdAtUs: integer('created_at_us').notNull(),
  revokedAtUs: integer('revoked_at_us'),
});
