CREATE TABLE `costs` (
	`id` text PRIMARY KEY NOT NULL,
	`first_day` text NOT NULL CHECK(length(`first_day`) = 10),
	`last_day` text NOT NULL CHECK(length(`last_day`) = 10 AND `last_day` >= `first_day`),
	`amount` integer NOT NULL CHECK(`amount` BETWEEN 0 AND 9007199254740991),
	`currency` text NOT NULL CHECK(length(`currency`) = 3),
	`channel` text,
	`note` text,
	`created_at` integer NOT NULL CHECK(`created_at` BETWEEN 0 AND 9007199254740991),
	`updated_at` integer NOT NULL CHECK(`updated_at` BETWEEN `created_at` AND 9007199254740991)
) STRICT;
--> statement-breakpoint
CREATE INDEX `costs_by_day` ON `costs` (`currency`,`last_day`);--> statement-breakpoint
CREATE TABLE `mrr_movements` (
	`id` text PRIMARY KEY NOT NULL,
	`customer_id` text,
	`day` text NOT NULL CHECK(length(`day`) = 10),
	`currency` text NOT NULL CHECK(length(`currency`) = 3),
	`movement` text NOT NULL CHECK(`movement` IN ('new', 'expansion', 'reactivation', 'contraction', 'churn')),
	`amount` integer NOT NULL CHECK(`amount` = `closing` - `opening` AND `amount` <> 0),
	`opening` integer NOT NULL CHECK(`opening` BETWEEN 0 AND 9007199254740991),
	`closing` integer NOT NULL CHECK(`closing` BETWEEN 0 AND 9007199254740991),
	`reason` text CHECK(`reason` IN ('voluntary', 'payment_failure')),
	`object` text NOT NULL,
	`version` integer NOT NULL CHECK(`version` BETWEEN 0 AND 9007199254740991),
	CHECK((`movement` IN ('contraction', 'churn')) = (`amount` < 0)),
	CHECK((`movement` = 'churn') = (`reason` IS NOT NULL))
) STRICT;
--> statement-breakpoint
CREATE INDEX `mrr_movements_by_day` ON `mrr_movements` (`day`);--> statement-breakpoint
CREATE INDEX `mrr_movements_by_customer` ON `mrr_movements` (`customer_id`,`day`);--> statement-breakpoint
CREATE INDEX `mrr_movements_by_object` ON `mrr_movements` (`object`);--> statement-breakpoint
CREATE TABLE `provider_events` (
	`id` text PRIMARY KEY NOT NULL,
	`provider` text NOT NULL,
	`event_id` text NOT NULL,
	`type` text NOT NULL,
	`status` text NOT NULL CHECK(`status` IN ('settled', 'ignored', 'waiting', 'refused')),
	`waits_for` text,
	`code` text,
	`body` text,
	`received_at` integer NOT NULL CHECK(`received_at` BETWEEN 0 AND 9007199254740991),
	CHECK((`status` = 'waiting') = (`waits_for` IS NOT NULL)),
	CHECK((`status` IN ('waiting', 'refused')) = (`body` IS NOT NULL))
) STRICT;
--> statement-breakpoint
CREATE INDEX `provider_events_by_time` ON `provider_events` (`received_at`);--> statement-breakpoint
CREATE INDEX `provider_events_waiting` ON `provider_events` (`provider`,`waits_for`) WHERE status = 'waiting';--> statement-breakpoint
CREATE TABLE `provider_links` (
	`provider` text NOT NULL,
	`object_id` text NOT NULL,
	`customer_id` text NOT NULL,
	`transaction_id` text,
	`seen_at` integer NOT NULL CHECK(`seen_at` BETWEEN 0 AND 9007199254740991),
	PRIMARY KEY(`provider`, `object_id`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `provider_links_by_customer` ON `provider_links` (`customer_id`);--> statement-breakpoint
ALTER TABLE `revenue_events` ADD `booked_day` text NOT NULL DEFAULT '';--> statement-breakpoint
DROP INDEX `revenue_events_by_time`;--> statement-breakpoint
CREATE INDEX `revenue_events_by_day` ON `revenue_events` (`booked_day`,`timestamp`);
