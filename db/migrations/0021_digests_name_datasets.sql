ALTER TABLE `row_digests` ADD `dataset_id` integer;--> statement-breakpoint
UPDATE `row_digests` SET `dataset_id` = (
	SELECT `dataset_id` FROM `dataset_versions` WHERE `id` = `row_digests`.`key` - 6597069766656
) WHERE `key` > 6597069766656 AND `key` < 7696581394432;
