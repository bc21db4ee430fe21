ALTER TABLE `datasets` ADD `keep_versions` integer;--> statement-breakpoint
ALTER TABLE `datasets` ADD `refresh` text;--> statement-breakpoint
ALTER TABLE `imports` ADD `dialect` text;