CREATE TABLE `erased_records` (
	`id` integer PRIMARY KEY NOT NULL,
	`table_name` text NOT NULL,
	`recorded_at_us` integer NOT NULL,
	`import_id` integer,
	`left_digest` text,
	`erased_at_us` integer NOT NULL
);
