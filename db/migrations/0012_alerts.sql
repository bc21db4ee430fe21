CREATE TABLE `alert_attempts` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`sent_by` text,
	`delivery_id` integer NOT NULL,
	`number` integer NOT NULL,
	`response_status` integer,
	`error` text,
	`duration_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alert_attempts_by_delivery` ON `alert_attempts` (`delivery_id`);--> statement-breakpoint
CREATE TABLE `alert_changes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`sent_by` text,
	`rule_id` integer NOT NULL,
	`subject` text NOT NULL,
	`state` text NOT NULL,
	`message` text NOT NULL,
	`figures` text NOT NULL,
	`judged_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alert_changes_by_subject` ON `alert_changes` (`rule_id`,`subject`);--> statement-breakpoint
CREATE TABLE `alert_cursors` (
	`id` integer PRIMARY KEY NOT NULL,
	`import_id` integer NOT NULL,
	`unfinished` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alert_deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message_id` text NOT NULL,
	`rule_id` integer NOT NULL,
	`event` text NOT NULL,
	`subject` text NOT NULL,
	`change_seq` integer,
	`body` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`response_status` integer,
	`last_error` text,
	`created_at_us` integer NOT NULL,
	`next_attempt_at_us` integer NOT NULL,
	`last_attempt_at_us` integer,
	`settled_at_us` integer,
	`claimed_by` integer,
	`claimed_until_us` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alert_deliveries_message_id_unique` ON `alert_deliveries` (`message_id`);--> statement-breakpoint
CREATE INDEX `alert_deliveries_by_rule` ON `alert_deliveries` (`rule_id`,`state`);--> statement-breakpoint
CREATE TABLE `alert_rules` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`event` text NOT NULL,
	`format` text NOT NULL,
	`url` text NOT NULL,
	`public_url` text NOT NULL,
	`secret` text,
	`experiment` text,
	`target` text,
	`rate` real,
	`records_min` integer,
	`window_ms` integer,
	`silence_ms` integer,
	`added_at_us` integer NOT NULL,
	`added_by` text,
	`removed_at_us` integer,
	`removed_by` text
);
