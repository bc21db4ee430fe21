ALTER TABLE `dataset_versions` ADD `file_bytes` integer;--> statement-breakpoint
ALTER TABLE `dataset_versions` ADD `file_sha256` text;