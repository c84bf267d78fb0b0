CREATE TABLE `definition_backfills` (
	`hash` text PRIMARY KEY NOT NULL,
	`cursor` text NOT NULL,
	`done` integer NOT NULL CHECK(`done` >= 0),
	`total` integer NOT NULL CHECK(`total` >= 0),
	`failed` text NOT NULL CHECK(json_valid(`failed`)),
	`started_at` integer NOT NULL CHECK(`started_at` BETWEEN 0 AND 9007199254740991),
	`finished_at` integer
) STRICT;
--> statement-breakpoint
CREATE TABLE `funnels` (
	`id` text NOT NULL,
	`version` integer NOT NULL CHECK(`version` >= 1),
	`body` text NOT NULL CHECK(json_valid(`body`)),
	`created_at` integer NOT NULL CHECK(`created_at` BETWEEN 0 AND 9007199254740991),
	`archived_at` integer,
	PRIMARY KEY(`id`, `version`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `metrics` (
	`id` text NOT NULL,
	`version` integer NOT NULL CHECK(`version` >= 1),
	`body` text NOT NULL CHECK(json_valid(`body`)),
	`created_at` integer NOT NULL CHECK(`created_at` BETWEEN 0 AND 9007199254740991),
	PRIMARY KEY(`id`, `version`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `experiments_new` (
	`key` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL CHECK(`status` IN ('draft', 'running', 'stopped', 'archived')),
	`version` integer NOT NULL CHECK(`version` >= 1),
	`body` text NOT NULL CHECK(json_valid(`body`)),
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
INSERT INTO `experiments_new`
SELECT `key`, `status`, `version`,
	json_set(`body`,
		'$.funnel', 'default', '$.endedAt', CASE `status` WHEN 'stopped' THEN `updated_at` END,
		'$.ending', CASE `status` WHEN 'stopped' THEN 'stopped' END,
		'$.phases', json_array(json_object('version', `version`, 'from', json_extract(`body`, '$.startsAt'), 'coverage', json_extract(`body`, '$.coverage'),
			'weights', (SELECT json_group_array(value -> 'weight') FROM json_each(`body`, '$.variants')))),
		'$.metrics', json('[]'), '$.method', 'sequential', '$.looks', NULL, '$.minimumDetectableEffect', 0.1, '$.power', 0.8,
		'$.plannedSample', NULL, '$.prior', NULL, '$.outlierPercentile', 1, '$.autoShip', json('false'), '$.shipped', NULL),
	`created_at`, `updated_at`
FROM `experiments`;
--> statement-breakpoint
DROP TABLE `experiments`;--> statement-breakpoint
ALTER TABLE `experiments_new` RENAME TO `experiments`;
