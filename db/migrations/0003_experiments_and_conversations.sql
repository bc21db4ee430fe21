CREATE TABLE `conversations` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`uuid` text NOT NULL,
	`symbol` text NOT NULL,
	`is_vowel_guess` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_uuid_unique` ON `conversations` (`uuid`);--> statement-breakpoint
CREATE TABLE `followups` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`uuid` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `followups_by_uuid` ON `followups` (`uuid`);--> statement-breakpoint
CREATE TABLE `experiment_events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`event_id` text,
	`experiment` text,
	`user_id` text NOT NULL,
	`variant` text NOT NULL,
	`account_type` text NOT NULL,
	`event_type` text,
	`occurred_at_us` integer NOT NULL,
	`order_value` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `experiment_events_by_event_id` ON `experiment_events` (`event_id`) WHERE event_id is not null;--> statement-breakpoint
CREATE TABLE `experiment_repeats` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`experiment` text,
	`duplicates` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `experiments` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`key` text NOT NULL,
	`name` text NOT NULL,
	`started_at_us` integer,
	`ended_at_us` integer,
	`allocation` text NOT NULL,
	`markets` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `experiments_by_key` ON `experiments` (`key`);--> statement-breakpoint
CREATE TABLE `user_profiles` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`user_id` text NOT NULL,
	`country` text,
	`gender` text
);
--> statement-breakpoint
CREATE INDEX `user_profiles_by_user` ON `user_profiles` (`user_id`);--> statement-breakpoint
ALTER TABLE `rejected_records` ADD `settled_at_us` integer;--> statement-breakpoint
ALTER TABLE `rejected_records` ADD `settlement` text;--> statement-breakpoint
ALTER TABLE `rejected_records` ADD `settled_seq` integer;--> statement-breakpoint
CREATE INDEX `rejected_records_by_target` ON `rejected_records` (`target`,`state`);--> statement-breakpoint
CREATE INDEX `imports_by_source` ON `imports` (`source`);