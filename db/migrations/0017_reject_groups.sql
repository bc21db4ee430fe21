CREATE TABLE `reject_groups` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`target` text NOT NULL,
	`source` text NOT NULL,
	`import_id` integer,
	`field` text NOT NULL,
	`code` text NOT NULL,
	`open` integer NOT NULL,
	`resolved` integer NOT NULL,
	`discarded` integer NOT NULL,
	`is_open` integer NOT NULL,
	`newest_id` integer NOT NULL,
	`newest_at_us` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `reject_groups_by_problem` ON `reject_groups` (`target`,`source`,`import_id`,`field`,`code`);--> statement-breakpoint
CREATE INDEX `reject_groups_by_newest` ON `reject_groups` (`is_open`,`newest_id`);--> statement-breakpoint
ALTER TABLE `rejected_records` ADD `group_id` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `rejected_records_by_group` ON `rejected_records` (`group_id`,`state`);--> statement-breakpoint
CREATE INDEX `rejected_records_by_time` ON `rejected_records` (`target`,`received_at_us`);--> statement-breakpoint
INSERT INTO `reject_groups` (`target`,`source`,`import_id`,`field`,`code`,`open`,`resolved`,`discarded`,`is_open`,`newest_id`,`newest_at_us`)
SELECT `target`, `source`, `import_id`,
	coalesce(json_extract(`problems`, '$[0].path'), ''), coalesce(json_extract(`problems`, '$[0].code'), ''),
	sum(`state` = 'OPEN'), sum(`state` = 'RESOLVED'), sum(`state` = 'DISCARDED'), max(`state` = 'OPEN'),
	coalesce(max(CASE WHEN `state` = 'OPEN' THEN `id` END), max(`id`)),
	coalesce(max(CASE WHEN `state` = 'OPEN' THEN `received_at_us` END), max(`received_at_us`))
FROM `rejected_records` GROUP BY 1, 2, 3, 4, 5;--> statement-breakpoint
UPDATE `rejected_records` SET `group_id` = (
	SELECT `id` FROM `reject_groups` AS `g` WHERE `g`.`target` = `rejected_records`.`target` AND `g`.`source` = `rejected_records`.`source`
	AND `g`.`import_id` IS `rejected_records`.`import_id`
	AND `g`.`field` = coalesce(json_extract(`rejected_records`.`problems`, '$[0].path'), '')
	AND `g`.`code` = coalesce(json_extract(`rejected_records`.`problems`, '$[0].code'), '')
);
