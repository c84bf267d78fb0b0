CREATE TABLE `forecasts` (
	`id` text PRIMARY KEY NOT NULL,
	`metric` text NOT NULL CHECK(`metric` IN ('mrr', 'revenue')),
	`currency` text NOT NULL CHECK(length(`currency`) = 3),
	`horizon` integer NOT NULL CHECK(`horizon` BETWEEN 1 AND 24),
	`model` text NOT NULL,
	`inputs_hash` text NOT NULL,
	`made_at` integer NOT NULL CHECK(`made_at` BETWEEN 0 AND 9007199254740991),
	`confirmed_at` integer NOT NULL CHECK(`confirmed_at` BETWEEN `made_at` AND 9007199254740991),
	`history` text NOT NULL CHECK(json_valid(`history`)),
	`points` text NOT NULL CHECK(json_valid(`points`) AND json_array_length(`points`) = `horizon`),
	`backtest` text CHECK(`backtest` IS NULL OR json_valid(`backtest`)),
	`warning` text CHECK(`warning` IN ('no_history', 'short_history', 'not_compared')),
	`error` text CHECK(`error` IS NULL OR json_valid(`error`)),
	`scored_through` text CHECK((`scored_through` IS NULL) = (`error` IS NULL))
) STRICT;
--> statement-breakpoint
CREATE INDEX `forecasts_by_metric` ON `forecasts` (`metric`,`currency`,`confirmed_at`);--> statement-breakpoint
CREATE TABLE `job_leases` (
	`job` text PRIMARY KEY NOT NULL,
	`slot` integer NOT NULL CHECK(`slot` BETWEEN 0 AND 9007199254740991),
	`run` text NOT NULL,
	`held_until` integer NOT NULL CHECK(`held_until` BETWEEN 0 AND 9007199254740991),
	`finished_slot` integer CHECK(`finished_slot` IS NULL OR `finished_slot` BETWEEN 0 AND `slot`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `job_runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run` text NOT NULL,
	`job` text NOT NULL,
	`slot` integer NOT NULL CHECK(`slot` BETWEEN 0 AND 9007199254740991),
	`started_at` integer NOT NULL CHECK(`started_at` BETWEEN 0 AND 9007199254740991),
	`ended_at` integer CHECK(`ended_at` IS NULL OR `ended_at` BETWEEN 0 AND 9007199254740991),
	`outcome` text NOT NULL CHECK(`outcome` IN ('running', 'succeeded', 'failed', 'lost')),
	`summary` text,
	`error` text,
	CHECK((`outcome` = 'running') = (`ended_at` IS NULL)),
	CHECK((`outcome` IN ('failed', 'lost')) = (`error` IS NOT NULL))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `job_runs_run_unique` ON `job_runs` (`run`);--> statement-breakpoint
CREATE INDEX `job_runs_by_job` ON `job_runs` (`job`,`id`);--> statement-breakpoint
CREATE INDEX `job_runs_by_time` ON `job_runs` (`started_at`);
