CREATE TABLE `experiments` (
	`key` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL CHECK(`status` IN ('running', 'stopped')),
	`version` integer NOT NULL CHECK(`version` >= 1),
	`body` text NOT NULL CHECK(json_valid(`body`)),
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `idempotent_requests` (
	`name` text PRIMARY KEY NOT NULL,
	`request_hash` text NOT NULL,
	`status` integer,
	`body` text,
	`created_at` integer NOT NULL
) STRICT;
