CREATE TABLE `archived_keys` (
	`hash` integer NOT NULL,
	`sequence` integer NOT NULL,
	PRIMARY KEY(`hash`, `sequence`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `ledger_segments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`first_seq` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`records` integer NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`location` text NOT NULL,
	`name` text NOT NULL,
	`table_counts` text NOT NULL,
	`import_counts` text NOT NULL,
	`archived_at_us` integer NOT NULL
);
