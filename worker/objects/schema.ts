/**
 * Tables of one customer's object. `contributions.shipped` and `rows.shipped_version` say what D1 has been told, so
 * the pending entry is a query, not a second copy: whatever changes before the next entry leaves coalesces by itself.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS self (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  identity TEXT NOT NULL,
  facts TEXT NOT NULL,
  tail TEXT NOT NULL,
  digest TEXT NOT NULL,
  shipped_digest TEXT NOT NULL,
  frozen TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  id TEXT PRIMARY KEY,
  booked_day TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  is_behaviour INTEGER NOT NULL,
  body TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS events_in_order ON events (booked_day, occurred_at);
CREATE INDEX IF NOT EXISTS events_to_compact ON events (booked_day) WHERE is_behaviour = 1 AND body IS NOT NULL;
CREATE TABLE IF NOT EXISTS contributions (
  key TEXT PRIMARY KEY,
  value INTEGER NOT NULL,
  shipped INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contributions_pending ON contributions (key) WHERE value <> shipped;
CREATE TABLE IF NOT EXISTS rows (
  id TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  body TEXT,
  version INTEGER NOT NULL,
  shipped_version INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS rows_pending ON rows (id) WHERE version <> shipped_version;
CREATE TABLE IF NOT EXISTS checkpoints (
  booked_day TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  facts TEXT NOT NULL,
  contributions TEXT NOT NULL,
  PRIMARY KEY (booked_day, occurred_at, event_id)
) STRICT;
CREATE TABLE IF NOT EXISTS quotes (
  slot TEXT PRIMARY KEY,
  decision_id TEXT NOT NULL,
  inputs TEXT NOT NULL,
  valid_until INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  viewed INTEGER NOT NULL,
  answer TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY,
  body TEXT,
  digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'acked', 'parked')),
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (seq) WHERE state <> 'acked';
`
