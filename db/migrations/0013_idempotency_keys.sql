CREATE TABLE `idempotency_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`sent_by` text NOT NULL,
	`key` text NOT NULL,
	`digest` text NOT NULL,
	`stored_at_us` integer NOT NULL,
	`outcomes` text NOT NULL,
	`rejected_ids` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `idempotency_keys_by_key` ON `idempotency_keys` (`sent_by`,`key`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_time` ON `idempotency_keys` (`stored_at_us`);