CREATE TABLE `user_file_outputs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`location` text NOT NULL,
	`digest` text NOT NULL,
	`version` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `user_file_syncs` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`sent_by` text,
	`processed` integer NOT NULL,
	`updated` integer NOT NULL,
	`unchanged` integer NOT NULL,
	`removed` integer NOT NULL,
	`rejected` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `user_files` (
	`seq` integer PRIMARY KEY NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`line` integer,
	`sent_by` text,
	`name` text NOT NULL,
	`version` text NOT NULL,
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`outcome` text NOT NULL,
	`first_name` text,
	`last_name` text,
	`birth_ms` integer,
	`sha256` text,
	`content_type` text,
	`width` integer,
	`height` integer,
	`byte_size` integer
);
--> statement-breakpoint
CREATE INDEX `user_files_by_name` ON `user_files` (`name`);