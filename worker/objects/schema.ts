/**
 * Tables of one customer's object, made with its first write: an id that nobody uses takes no storage.
 *
 * A write on the hot path should touch few pages: it adds to `events` and rewrites `self`, which also holds the sums that
 * D1 has not been told yet. `contributions` holds those it has been told, and changes only when an entry is sealed.
 * A row may have 2 MB in production; locally nobody checks.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS self (part INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS events (
  id TEXT PRIMARY KEY,
  booked_day TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  is_behaviour INTEGER NOT NULL,
  body TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS frozen (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contributions (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
  id TEXT PRIMARY KEY,
  body TEXT,
  version INTEGER NOT NULL,
  shipped_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'acked', 'parked')),
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (seq) WHERE state <> 'acked';
`

/** Characters of one stored text or parameter: of three bytes each at most, they stay below the 2 MB of a row. */
export const MAXIMUM_CHARACTERS = 600_000

/** JSON arrays of the items, each short enough for one parameter. */
export function jsonParts(items: Iterable<unknown>): string[] {
  const parts: string[] = []
  let texts: string[] = []
  let size = 0
  for (const item of items) {
    const text = JSON.stringify(item)
    if (texts.length > 0 && size + text.length > MAXIMUM_CHARACTERS) {
      parts.push(`[${texts.join(',')}]`)
      texts = []
      size = 0
    }
    texts.push(text)
    size += text.length + 1
  }
  if (texts.length > 0) parts.push(`[${texts.join(',')}]`)
  return parts
}
