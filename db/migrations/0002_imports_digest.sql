ALTER TABLE `imports` ADD `digest` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `imports_by_digest` ON `imports` (`digest`);