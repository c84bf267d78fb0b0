/**
 * Tables of one customer's object, made with its first write: an id that nobody uses takes no storage.
 *
 * A write on the hot path should touch few pages: it adds to `events` and rewrites `self`, which also holds the sums that
 * D1 has not been told yet. `contributions` holds those it has been told, and changes only when an entry is sealed.
 * Events that came together lie together in one row of `batches`; what each then adds to `events` is its id, which is
 * looked up by repeats, and that costs a quarter. A long event lies there too: its bulk would only be in the way of look-ups.
 * An event that has neither a batch nor a body was compacted away.
 * A row may have 2 MB in production; locally nobody checks.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS self (part INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS events (
  id TEXT PRIMARY KEY,
  booked_day TEXT NOT NULL,
  batch INTEGER,
  body TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
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

/** The items in parts whose JSON is short enough for one text. */
export function partsOf<T>(items: Iterable<T>, write: (item: T) => string = JSON.stringify): { items: T[]; text: string }[] {
  const parts: { items: T[]; text: string }[] = []
  let open: T[] = []
  let texts: string[] = []
  let size = 0
  const close = () => {
    if (texts.length > 0) parts.push({ items: open, text: `[${texts.join(',')}]` })
    open = []
    texts = []
    size = 0
  }
  for (const item of items) {
    const text = write(item)
    if (size + text.length > MAXIMUM_CHARACTERS) close()
    open.push(item)
    texts.push(text)
    size += text.length + 1
  }
  close()
  return parts
}

/** JSON arrays of the items, each short enough for one parameter. */
export const jsonParts = (items: Iterable<unknown>): string[] => partsOf(items).map(({ text }) => text)
