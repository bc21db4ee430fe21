ALTER TABLE `dataset_versions` ADD `file_bytes` integer;--> statement-breakpoint
ALTER TABLE `dataset_versions` ADD `file_sha256` text;--> statement-breakpoint
ALTER TABLE `datasets` ADD `keep_versions` integer;--> statement-breakpoint
ALTER TABLE `datasets` ADD `refresh` text;