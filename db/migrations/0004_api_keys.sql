CREATE TABLE `api_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`digest` text NOT NULL,
	`created_at_us` integer NOT NULL,
	`revoked_at_us` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_name_unique` ON `api_keys` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_digest_unique` ON `api_keys` (`digest`);--> statement-breakpoint
ALTER TABLE `conversations` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `followups` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `experiment_events` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `experiments` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `ip_ranges` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `ip_tables` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `transactions` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `status_changes` ADD `sent_by` text;--> statement-breakpoint
ALTER TABLE `user_profiles` ADD `sent_by` text;