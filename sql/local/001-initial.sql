-- Everything of ours in the local database has the prefix psync_. See sql/README.md.
-- `id` is everywhere the key columns' values through quote(), joined by commas.
-- Times are microseconds since 1970 in UTC, but for psync_change.changed_at, which triggers write.

CREATE TABLE psync_meta (
  key TEXT PRIMARY KEY NOT NULL,
  value
) WITHOUT ROWID;

CREATE TABLE psync_setting (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE psync_entity (
  name TEXT PRIMARY KEY NOT NULL,
  position INTEGER NOT NULL,             -- parents have smaller positions
  table_name TEXT NOT NULL UNIQUE,
  cloud_table TEXT NOT NULL UNIQUE,
  columns TEXT NOT NULL,                 -- JSON: [{"name":…,"codec":…,"key":true}], keys first
  parents TEXT NOT NULL DEFAULT '[]',    -- JSON: names of entities
  strategy TEXT NOT NULL DEFAULT 'newest',
  rules TEXT,                            -- JSON: column → rule
  time_column TEXT,
  enabled INTEGER NOT NULL DEFAULT 1,
  pulled_version INTEGER NOT NULL DEFAULT 0,  -- the cursor: versions up to it were read in a page
  hydrate_version INTEGER,               -- how far a hydrate under way has read, else NULL
  scan_version INTEGER,                  -- how far a scan under way has read, else NULL
  scan_horizon INTEGER,                  -- the horizon of the scan under way
  scanned_horizon INTEGER NOT NULL DEFAULT 0, -- the last horizon scanned
  brake_rows INTEGER,                    -- rows there when the unfinished run began, else NULL
  brake_lost INTEGER NOT NULL DEFAULT 0  -- rows that run deleted or overwrote
) WITHOUT ROWID;

-- The row as last synced. base: the JSON that travelled; NULL: known deleted.
CREATE TABLE psync_row (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  base TEXT,
  PRIMARY KEY (entity, id)
) WITHOUT ROWID;

-- The outbox: rows that may have changed since.
CREATE TABLE psync_change (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL DEFAULT 1,
  maybe_sent INTEGER NOT NULL DEFAULT 0,
  reread INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT,                       -- UTC ISO 8601; NULL: unknown
  state TEXT NOT NULL DEFAULT 'pending', -- pending, refused, failed
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,               -- NULL: now
  error TEXT,                            -- JSON: code, reason, column
  PRIMARY KEY (entity, id)
) WITHOUT ROWID;

-- The ids that the running statement of a run writes: the triggers leave them out.
CREATE TABLE psync_applying (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (entity, id)
) WITHOUT ROWID;

-- The ids that a scan under way has seen.
CREATE TABLE psync_seen (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (entity, id)
) WITHOUT ROWID;

-- What was sent and is not settled yet.
CREATE TABLE psync_batch (
  batch INTEGER PRIMARY KEY,
  entity TEXT NOT NULL,
  body TEXT NOT NULL                     -- the JSON array that travelled, without run_id
);

CREATE TABLE psync_sent (
  batch INTEGER NOT NULL,
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  base_version INTEGER NOT NULL,
  place INTEGER NOT NULL,                -- its index in the batch's body
  PRIMARY KEY (entity, id, batch)
) WITHOUT ROWID;

CREATE INDEX psync_sent_batch ON psync_sent (batch);

-- Conflicts, and the record of all that was overwritten or taken away.
CREATE TABLE psync_conflict (
  conflict INTEGER PRIMARY KEY,
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,                    -- edit-edit, edit-delete, delete-edit, or a record: overwritten, cascade, scan, discard, seed
  state TEXT NOT NULL,                   -- open, resolved, undone
  base TEXT,
  local TEXT,                            -- NULL: deleted here
  remote TEXT,                           -- NULL: deleted there
  remote_version INTEGER NOT NULL DEFAULT 0,
  seq INTEGER NOT NULL DEFAULT 0,
  local_time INTEGER,
  remote_time INTEGER,
  local_device TEXT,
  remote_device TEXT,
  columns TEXT NOT NULL DEFAULT '[]',    -- JSON: columns that changed on both sides
  result TEXT,                           -- what the row became; NULL: deleted
  resolution TEXT,                       -- local, remote, merged, both
  resolved_by TEXT,                      -- user, or the strategy or rule
  created_at INTEGER NOT NULL,
  resolved_at INTEGER
);

CREATE UNIQUE INDEX psync_conflict_open ON psync_conflict (entity, id) WHERE state = 'open';
CREATE INDEX psync_conflict_time ON psync_conflict (resolved_at) WHERE state <> 'open';

-- Rows from the cloud that the local table refused.
CREATE TABLE psync_held (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  row TEXT NOT NULL,                     -- the row as it came
  reason TEXT NOT NULL,                  -- unique, check, not-null, foreign-key, column, children, type, other
  detail TEXT,                           -- constraint or column
  held_at INTEGER NOT NULL,
  PRIMARY KEY (entity, id)
) WITHOUT ROWID;

CREATE TABLE psync_history (
  run INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                    -- sync, seed, hydrate
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  outcome TEXT NOT NULL,                 -- running, done, nothing, failed, cancelled, stopped
  error TEXT,                            -- JSON: code, reason, subject, column
  pulled INTEGER NOT NULL DEFAULT 0,
  pushed INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  merged INTEGER NOT NULL DEFAULT 0,
  conflicts INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL DEFAULT 0,
  bytes_sent INTEGER NOT NULL DEFAULT 0,
  bytes_received INTEGER NOT NULL DEFAULT 0,
  repeats INTEGER NOT NULL DEFAULT 0,    -- runs with nothing to do folded into this one
  entities TEXT NOT NULL DEFAULT '{}'    -- JSON: entity → the same counts
);

CREATE INDEX psync_history_time ON psync_history (started_at);

-- Which rows a run moved, for those who ask; trimmed after 30 days.
CREATE TABLE psync_trace (
  run INTEGER NOT NULL,
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  direction TEXT NOT NULL                -- pushed, pulled
);

CREATE INDEX psync_trace_run ON psync_trace (run);

INSERT INTO psync_meta (key, value) VALUES ('application', 'progressive-sync');
