ALTER TABLE `experiment_repeats` ADD `recorded_at_us` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `experiment_repeats_by_experiment` ON `experiment_repeats` (`experiment`);--> statement-breakpoint
CREATE INDEX `experiment_repeats_by_time` ON `experiment_repeats` (`experiment`,`recorded_at_us`);