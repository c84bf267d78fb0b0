CREATE TABLE `admin_sessions` (
	`hash` text PRIMARY KEY NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL CHECK(`kind` IN ('publishable', 'secret')),
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`last_used_day` text
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);
--> statement-breakpoint
CREATE TABLE `applied` (
	`object` text PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL,
	`digest` text NOT NULL,
	`batch` text NOT NULL,
	`applied_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`before` text,
	`after` text
) STRICT;
--> statement-breakpoint
CREATE INDEX `audit_log_by_time` ON `audit_log` (`at`);
--> statement-breakpoint
CREATE TABLE `config_roots` (
	`version` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`compiled_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `config_shards` (
	`hash` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `customer_health_scores` (
	`customer_id` text PRIMARY KEY NOT NULL,
	`score` real NOT NULL CHECK(`score` BETWEEN 0 AND 1),
	`segment` text NOT NULL CHECK(`segment` IN ('thriving', 'healthy', 'at_risk', 'critical')),
	`last_updated` integer NOT NULL,
	`component_scores` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `customer_health_scores_by_segment` ON `customer_health_scores` (`segment`,`score`);
--> statement-breakpoint
CREATE TABLE `customers` (
	`id` text PRIMARY KEY NOT NULL,
	`object` text NOT NULL,
	`subject` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`orders` integer NOT NULL,
	`money` text NOT NULL,
	`version` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `customers_by_last_seen` ON `customers` (`last_seen_at`);
--> statement-breakpoint
CREATE INDEX `customers_by_object` ON `customers` (`object`);
--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`object` text NOT NULL,
	`seq` integer NOT NULL,
	`reason` text NOT NULL,
	`body` text NOT NULL,
	`parked_at` integer NOT NULL,
	`replayed_at` integer,
	PRIMARY KEY(`object`, `seq`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `demand_index` (
	`product_id` text PRIMARY KEY NOT NULL,
	`index_thousandths` integer NOT NULL,
	`computed_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `departed` (
	`metric` text NOT NULL,
	`scope` text NOT NULL,
	`dimension` text NOT NULL,
	`value` text NOT NULL,
	`day` text NOT NULL,
	`sum` integer NOT NULL,
	PRIMARY KEY(`metric`, `scope`, `dimension`, `value`, `day`),
	CONSTRAINT `departed_sum_safe` CHECK(`sum` BETWEEN -9007199254740991 AND 9007199254740991)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `imports` (
	`import_id` text PRIMARY KEY NOT NULL,
	`label` text NOT NULL,
	`total` integer,
	`done` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `login_attempts` (
	`source` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`locked_until` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `price_ledger` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`product_id` text NOT NULL,
	`currency` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`effective_at` integer NOT NULL,
	`reason` text NOT NULL,
	CONSTRAINT `price_ledger_amount_minor_safe` CHECK(`amount_minor` IS NULL OR `amount_minor` BETWEEN 0 AND 9007199254740991)
) STRICT;
--> statement-breakpoint
CREATE INDEX `price_ledger_by_product` ON `price_ledger` (`product_id`,`currency`,`effective_at`);
--> statement-breakpoint
CREATE TABLE `price_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL CHECK(`kind` IN ('market', 'segment', 'demand')),
	`body` text NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `price_tests` (
	`id` text PRIMARY KEY NOT NULL,
	`product_id` text NOT NULL,
	`currency` text NOT NULL,
	`name` text NOT NULL,
	`mode` text NOT NULL CHECK(`mode` IN ('randomised', 'switchback')),
	`status` text NOT NULL CHECK(`status` IN ('running', 'stopped')),
	`version` integer NOT NULL,
	`body` text NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `price_tests_by_product` ON `price_tests` (`product_id`,`status`);
--> statement-breakpoint
CREATE TABLE `product_prices` (
	`product_id` text NOT NULL,
	`currency` text NOT NULL,
	`list_minor` integer NOT NULL,
	`floor_minor` integer,
	`ceiling_minor` integer,
	`unit_cost_minor` integer,
	PRIMARY KEY(`product_id`, `currency`),
	CONSTRAINT `product_prices_list_minor_safe` CHECK(`list_minor` IS NULL OR `list_minor` BETWEEN 0 AND 9007199254740991),
	CONSTRAINT `product_prices_floor_minor_safe` CHECK(`floor_minor` IS NULL OR `floor_minor` BETWEEN 0 AND 9007199254740991),
	CONSTRAINT `product_prices_ceiling_minor_safe` CHECK(`ceiling_minor` IS NULL OR `ceiling_minor` BETWEEN 0 AND 9007199254740991),
	CONSTRAINT `product_prices_unit_cost_minor_safe` CHECK(`unit_cost_minor` IS NULL OR `unit_cost_minor` BETWEEN 0 AND 9007199254740991)
) STRICT;
--> statement-breakpoint
CREATE TABLE `products` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`interval` text,
	`minimum_margin` real,
	`maximum_step_per_day` real,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `rejected_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`received_at` integer NOT NULL,
	`source` text NOT NULL,
	`code` text NOT NULL,
	`field` text,
	`body` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `rejected_events_by_time` ON `rejected_events` (`received_at`);
--> statement-breakpoint
CREATE TABLE `revenue_events` (
	`id` text PRIMARY KEY NOT NULL,
	`customer_id` text,
	`event_type` text NOT NULL,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`product_id` text,
	`timestamp` integer NOT NULL,
	`metadata` text NOT NULL,
	`object` text NOT NULL,
	`version` integer NOT NULL,
	CONSTRAINT "amount_in_range" CHECK("revenue_events"."amount" BETWEEN 0 AND 9007199254740991),
	CONSTRAINT `revenue_events_amount_safe` CHECK(`amount` IS NULL OR `amount` BETWEEN 0 AND 9007199254740991)
) STRICT;
--> statement-breakpoint
CREATE INDEX `revenue_events_by_customer` ON `revenue_events` (`customer_id`,`timestamp`);
--> statement-breakpoint
CREATE INDEX `revenue_events_by_time` ON `revenue_events` (`timestamp`);
--> statement-breakpoint
CREATE INDEX `revenue_events_by_object` ON `revenue_events` (`object`);
--> statement-breakpoint
CREATE TABLE `rollups` (
	`metric` text NOT NULL,
	`scope` text NOT NULL,
	`dimension` text NOT NULL,
	`value` text NOT NULL,
	`day` text NOT NULL,
	`sum` integer NOT NULL,
	PRIMARY KEY(`metric`, `scope`, `dimension`, `value`, `day`),
	CONSTRAINT `rollups_sum_safe` CHECK(`sum` BETWEEN -9007199254740991 AND 9007199254740991)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `secrets` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `tombstones` (
	`hash` text PRIMARY KEY NOT NULL,
	`erased_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `upsell_opportunities` (
	`id` text PRIMARY KEY NOT NULL,
	`customer_id` text NOT NULL,
	`trigger_type` text NOT NULL,
	`score` real NOT NULL CHECK(`score` BETWEEN 0 AND 1),
	`status` text NOT NULL CHECK(`status` IN ('active', 'offered', 'accepted', 'dismissed', 'expired')),
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `upsell_opportunities_by_customer` ON `upsell_opportunities` (`customer_id`,`created_at`);
--> statement-breakpoint
CREATE INDEX `upsell_opportunities_by_status` ON `upsell_opportunities` (`status`,`created_at`);
--> statement-breakpoint
CREATE TRIGGER `audit_log_is_append_only` BEFORE UPDATE ON `audit_log`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_log_is_kept` BEFORE DELETE ON `audit_log` WHEN OLD.`at` > (unixepoch() - 31536000) * 1000
BEGIN SELECT RAISE(ABORT, 'the audit log is kept for a year'); END;
--> statement-breakpoint
CREATE TRIGGER `price_ledger_is_append_only` BEFORE UPDATE ON `price_ledger`
BEGIN SELECT RAISE(ABORT, 'the price ledger is append-only'); END;
