CREATE TABLE `dataset_versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`dataset_id` integer NOT NULL,
	`number` integer NOT NULL,
	`import_id` integer NOT NULL,
	`created_at_us` integer NOT NULL,
	`file` text NOT NULL,
	`row_count` integer NOT NULL,
	`columns` text NOT NULL,
	`key_columns` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dataset_versions_by_dataset` ON `dataset_versions` (`dataset_id`,`number`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`created_at_us` integer NOT NULL,
	`version_id` integer NOT NULL,
	`deleted_at_us` integer
);
--> statement-breakpoint
CREATE INDEX `datasets_by_name` ON `datasets` (`name`);