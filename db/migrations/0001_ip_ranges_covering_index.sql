DROP INDEX `ip_ranges_by_table`;--> statement-breakpoint
CREATE INDEX `ip_ranges_by_table` ON `ip_ranges` (`table_id`,`first_key`,`last_key`,`city`);