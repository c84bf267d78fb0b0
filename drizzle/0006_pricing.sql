CREATE TABLE `market_signals` (
	`product_id` text NOT NULL,
	`signal` text NOT NULL CHECK(`signal` IN ('inventory', 'competitor')),
	`value` real NOT NULL CHECK(`value` BETWEEN 0 AND 1e12),
	`updated_at` integer NOT NULL CHECK(`updated_at` BETWEEN 0 AND 9007199254740991),
	PRIMARY KEY(`product_id`, `signal`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `price_rule_history` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`rule_id` text NOT NULL,
	`body` text NOT NULL,
	`effective_at` integer NOT NULL CHECK(`effective_at` BETWEEN 0 AND 9007199254740991)
) STRICT;
--> statement-breakpoint
CREATE INDEX `price_rule_history_by_time` ON `price_rule_history` (`effective_at`);--> statement-breakpoint
CREATE TRIGGER `price_rule_history_is_append_only` BEFORE UPDATE ON `price_rule_history`
BEGIN SELECT RAISE(ABORT, 'the history of rules is append-only'); END;
--> statement-breakpoint
CREATE TABLE `product_country_prices` (
	`product_id` text NOT NULL,
	`currency` text NOT NULL CHECK(length(`currency`) = 3),
	`country` text NOT NULL CHECK(length(`country`) = 2),
	`list_minor` integer NOT NULL CHECK(`list_minor` BETWEEN 0 AND 9007199254740991),
	PRIMARY KEY(`product_id`, `currency`, `country`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `product_hours` (
	`product_id` text NOT NULL,
	`hour` integer NOT NULL CHECK(`hour` BETWEEN 0 AND 9007199254740991),
	`views` integer NOT NULL CHECK(`views` BETWEEN 0 AND 9007199254740991),
	`purchases` integer NOT NULL CHECK(`purchases` BETWEEN 0 AND 9007199254740991),
	PRIMARY KEY(`product_id`, `hour`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `product_hours_by_time` ON `product_hours` (`hour`);--> statement-breakpoint
CREATE TABLE `test_analyses` (
	`test_id` text NOT NULL,
	`version` integer NOT NULL,
	`day` text NOT NULL CHECK(length(`day`) = 10),
	`body` text NOT NULL,
	`made_at` integer NOT NULL CHECK(`made_at` BETWEEN 0 AND 9007199254740991),
	PRIMARY KEY(`test_id`, `version`, `day`)
) STRICT;
--> statement-breakpoint
ALTER TABLE `price_decisions` ADD `inputs` text;--> statement-breakpoint
ALTER TABLE `price_ledger` ADD `country` text NOT NULL DEFAULT '';--> statement-breakpoint
CREATE INDEX `price_ledger_by_time` ON `price_ledger` (`effective_at`);--> statement-breakpoint
CREATE TABLE `day_closes` (
	`product_id` text NOT NULL,
	`name` text NOT NULL,
	`day` text NOT NULL CHECK(length(`day`) = 10),
	`value` text,
	PRIMARY KEY(`product_id`, `name`, `day`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `day_closes_by_day` ON `day_closes` (`day`);--> statement-breakpoint
INSERT INTO `day_closes` SELECT `product_id`, 'demand', date(`computed_at` / 1000, 'unixepoch'), `index_thousandths` FROM `demand_index`;--> statement-breakpoint
CREATE TRIGGER `demand_index_closes` AFTER INSERT ON `demand_index`
BEGIN
	INSERT INTO `day_closes` VALUES (NEW.`product_id`, 'demand', date(NEW.`computed_at` / 1000, 'unixepoch'), NEW.`index_thousandths`)
	ON CONFLICT (`product_id`, `name`, `day`) DO UPDATE SET `value` = excluded.`value`;
END;
--> statement-breakpoint
CREATE TRIGGER `market_signals_close_new` AFTER INSERT ON `market_signals`
BEGIN
	INSERT INTO `day_closes` VALUES (NEW.`product_id`, NEW.`signal`, date(NEW.`updated_at` / 1000, 'unixepoch'), json_object('value', NEW.`value`, 'at', NEW.`updated_at`))
	ON CONFLICT (`product_id`, `name`, `day`) DO UPDATE SET `value` = excluded.`value`;
END;
--> statement-breakpoint
CREATE TRIGGER `market_signals_close_moved` AFTER UPDATE ON `market_signals`
BEGIN
	INSERT INTO `day_closes` VALUES (NEW.`product_id`, NEW.`signal`, date(NEW.`updated_at` / 1000, 'unixepoch'), json_object('value', NEW.`value`, 'at', NEW.`updated_at`))
	ON CONFLICT (`product_id`, `name`, `day`) DO UPDATE SET `value` = excluded.`value`;
END;
--> statement-breakpoint
CREATE TRIGGER `market_signals_close_gone` AFTER DELETE ON `market_signals`
BEGIN
	INSERT INTO `day_closes` VALUES (OLD.`product_id`, OLD.`signal`, date('now'), NULL)
	ON CONFLICT (`product_id`, `name`, `day`) DO UPDATE SET `value` = excluded.`value`;
END;
--> statement-breakpoint
CREATE TRIGGER `exchange_rates_close_new` AFTER INSERT ON `settings` WHEN NEW.`key` = 'exchangeRates'
BEGIN
	INSERT INTO `day_closes` VALUES ('', 'rates', date('now'), NEW.`value`)
	ON CONFLICT (`product_id`, `name`, `day`) DO UPDATE SET `value` = excluded.`value`;
END;
--> statement-breakpoint
CREATE TRIGGER `exchange_rates_close_moved` AFTER UPDATE ON `settings` WHEN NEW.`key` = 'exchangeRates'
BEGIN
	INSERT INTO `day_closes` VALUES ('', 'rates', date('now'), NEW.`value`)
	ON CONFLICT (`product_id`, `name`, `day`) DO UPDATE SET `value` = excluded.`value`;
END;
--> statement-breakpoint
ALTER TABLE `products` ADD `rounding` text NOT NULL DEFAULT 'auto' CHECK(`rounding` IN ('auto', 'whole', 'charm', 'none'));--> statement-breakpoint
ALTER TABLE `products` ADD `purchasing_power` integer NOT NULL DEFAULT 0 CHECK(`purchasing_power` IN (0, 1));--> statement-breakpoint
CREATE TABLE `price_rules_new` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL CHECK(`kind` IN ('market', 'exchange_rate', 'competitor', 'inventory', 'segment', 'demand')),
	`body` text NOT NULL,
	`updated_at` integer NOT NULL CHECK(`updated_at` BETWEEN 0 AND 9007199254740991)
) STRICT;
--> statement-breakpoint
INSERT INTO `price_rules_new`
SELECT `id`, `kind`, json_set(`body`, '$.reference', NULL, '$.condition', json(json_patch(json_patch(json_patch(json_patch(
		CASE WHEN json_array_length(`body`, '$.condition.countries') > 0 THEN json_object('country', json_object('$in', json_extract(`body`, '$.condition.countries'))) ELSE '{}' END,
		CASE WHEN json_array_length(`body`, '$.condition.devices') > 0 THEN json_object('device', json_object('$in', json_extract(`body`, '$.condition.devices'))) ELSE '{}' END),
		CASE WHEN json_array_length(`body`, '$.condition.behaviorFlags') > 0 THEN json_object('behaviorFlags', json_object('$all', json_extract(`body`, '$.condition.behaviorFlags'))) ELSE '{}' END),
		CASE json_type(`body`, '$.condition.newVisitor') WHEN 'true' THEN '{"newVisitor":true}' WHEN 'false' THEN '{"newVisitor":false}' ELSE '{}' END),
		CASE json_type(`body`, '$.condition.hasSubscription') WHEN 'true' THEN '{"hasSubscription":true}' WHEN 'false' THEN '{"hasSubscription":false}' ELSE '{}' END)
	)), `updated_at`
FROM `price_rules`;
--> statement-breakpoint
DROP TABLE `price_rules`;--> statement-breakpoint
ALTER TABLE `price_rules_new` RENAME TO `price_rules`;--> statement-breakpoint
INSERT INTO `price_rule_history` (`rule_id`, `body`, `effective_at`) SELECT `id`, `body`, `updated_at` FROM `price_rules`;--> statement-breakpoint
CREATE TABLE `price_tests_new` (
	`id` text PRIMARY KEY NOT NULL,
	`product_id` text NOT NULL,
	`currency` text NOT NULL CHECK(length(`currency`) = 3),
	`name` text NOT NULL,
	`mode` text NOT NULL CHECK(`mode` IN ('randomised', 'switchback')),
	`status` text NOT NULL CHECK(`status` IN ('running', 'stopped', 'shipped', 'rolled_back')),
	`version` integer NOT NULL CHECK(`version` BETWEEN 0 AND 9007199254740991),
	`body` text NOT NULL,
	`starts_at` integer NOT NULL CHECK(`starts_at` BETWEEN 0 AND 9007199254740991),
	`ends_at` integer NOT NULL CHECK(`ends_at` BETWEEN 0 AND 9007199254740991),
	`created_at` integer NOT NULL CHECK(`created_at` BETWEEN 0 AND 9007199254740991)
) STRICT;
--> statement-breakpoint
INSERT INTO `price_tests_new`
SELECT `id`, `product_id`, `currency`, `name`, `mode`, `status`, `version`,
	json_set(`body`,
		'$.allocation', 'fixed', '$.metric', 'net_revenue', '$.conversionWindowMs', 1209600000, '$.segments', NULL, '$.minimumSample', 100,
		'$.epochs', json_array(json_object('day', date(`starts_at` / 1000, 'unixepoch'), 'bySegment', json_object(),
			'weights', (SELECT json_group_object(value ->> 'key', value -> 'weight') FROM json_each(`body`, '$.arms'))))),
	`starts_at`, `ends_at`, `created_at`
FROM `price_tests`;
--> statement-breakpoint
DROP TABLE `price_tests`;--> statement-breakpoint
ALTER TABLE `price_tests_new` RENAME TO `price_tests`;--> statement-breakpoint
CREATE INDEX `price_tests_by_product` ON `price_tests` (`product_id`,`status`);
