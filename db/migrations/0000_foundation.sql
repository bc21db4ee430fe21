CREATE TABLE `commits` (
	`last_seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `imports` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`target` text NOT NULL,
	`source` text NOT NULL,
	`state` text NOT NULL,
	`started_at_us` integer NOT NULL,
	`finished_at_us` integer,
	`bytes_total` integer NOT NULL,
	`bytes_read` integer DEFAULT 0 NOT NULL,
	`read` integer DEFAULT 0 NOT NULL,
	`accepted` integer DEFAULT 0 NOT NULL,
	`unchanged` integer DEFAULT 0 NOT NULL,
	`conflicts` integer DEFAULT 0 NOT NULL,
	`rejected` integer DEFAULT 0 NOT NULL,
	`failure_code` text,
	`failure_message` text,
	`process_id` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rejected_records` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`received_at_us` integer NOT NULL,
	`import_id` integer,
	`target` text NOT NULL,
	`source` text NOT NULL,
	`line` integer,
	`raw` text NOT NULL,
	`problems` text NOT NULL,
	`state` text DEFAULT 'OPEN' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rejected_records_by_import` ON `rejected_records` (`import_id`);--> statement-breakpoint
CREATE TABLE `ip_ranges` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`table_id` integer NOT NULL,
	`first_key` text NOT NULL,
	`last_key` text NOT NULL,
	`city` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ip_ranges_by_table` ON `ip_ranges` (`table_id`,`first_key`);--> statement-breakpoint
CREATE TABLE `ip_tables` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`table_id` integer NOT NULL,
	`range_count` integer NOT NULL,
	`digest` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `transactions` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`transaction_id` text NOT NULL,
	`user_id` text NOT NULL,
	`occurred_at_us` integer NOT NULL,
	`product_id` text NOT NULL,
	`amount` text NOT NULL,
	`ip` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `transactions_transaction_id_unique` ON `transactions` (`transaction_id`);--> statement-breakpoint
CREATE TABLE `status_changes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`user_id` text NOT NULL,
	`effective_at_us` integer NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `status_changes_by_user` ON `status_changes` (`user_id`,`effective_at_us`);