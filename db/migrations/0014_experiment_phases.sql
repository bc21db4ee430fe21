ALTER TABLE `experiment_events` ADD `request_id` integer;--> statement-breakpoint
ALTER TABLE `experiments` ADD `allocation_from_us` integer;--> statement-breakpoint
ALTER TABLE `experiments` ADD `allocation_by_market` text DEFAULT '[]' NOT NULL;