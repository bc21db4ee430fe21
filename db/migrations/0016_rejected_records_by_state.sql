DROP INDEX `rejected_records_by_import`;--> statement-breakpoint
CREATE INDEX `rejected_records_by_state` ON `rejected_records` (`state`);--> statement-breakpoint
CREATE INDEX `rejected_records_by_import` ON `rejected_records` (`import_id`,`state`);--> statement-breakpoint
CREATE INDEX `imports_by_state` ON `imports` (`state`);