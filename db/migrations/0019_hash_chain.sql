CREATE TABLE `row_digests` (
	`key` integer PRIMARY KEY NOT NULL,
	`digest` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `store_state` (
	`id` integer PRIMARY KEY NOT NULL,
	`changes` integer NOT NULL,
	`digest` blob NOT NULL
);
--> statement-breakpoint
ALTER TABLE `commits` ADD `digest` blob;--> statement-breakpoint
ALTER TABLE `commits` ADD `record_digests` blob;