CREATE TABLE `excluded_users` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`sent_by` text,
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`from_us` integer,
	`to_us` integer,
	`reason` text
);
--> statement-breakpoint
CREATE INDEX `excluded_users_by_user` ON `excluded_users` (`user_id`);--> statement-breakpoint
CREATE INDEX `excluded_users_by_time` ON `excluded_users` (`user_id`,`kind`,`from_us`,`to_us`);