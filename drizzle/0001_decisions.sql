CREATE TABLE `price_decisions` (
	`id` text PRIMARY KEY NOT NULL,
	`decision_id` text NOT NULL,
	`product_id` text NOT NULL,
	`currency` text NOT NULL,
	`price` integer NOT NULL CHECK(`price` BETWEEN 0 AND 9007199254740991),
	`list_price` integer NOT NULL CHECK(`list_price` BETWEEN 0 AND 9007199254740991),
	`reason` text NOT NULL,
	`price_class` text NOT NULL CHECK(`price_class` IN ('uniform', 'randomised', 'personal')),
	`test_id` text,
	`test_version` integer,
	`arm` text,
	`propensity` real NOT NULL CHECK(`propensity` > 0 AND `propensity` <= 1),
	`country` text,
	`device` text CHECK(`device` IN ('desktop', 'mobile', 'tablet')),
	`decided_at` integer NOT NULL,
	`config_version` integer NOT NULL,
	`object` text NOT NULL,
	`version` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `price_decisions_by_product` ON `price_decisions` (`product_id`,`decided_at`);--> statement-breakpoint
CREATE INDEX `price_decisions_by_test` ON `price_decisions` (`test_id`,`decided_at`);--> statement-breakpoint
CREATE INDEX `price_decisions_by_time` ON `price_decisions` (`decided_at`);--> statement-breakpoint
CREATE INDEX `price_decisions_by_object` ON `price_decisions` (`object`);
