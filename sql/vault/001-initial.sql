-- A vault: one SQLite file that plays the cloud. See sql/README.md.
-- Times are microseconds since 1970 in UTC.

PRAGMA application_id = 0x50537956; -- "PSyV"

-- The vault itself: one row.
CREATE TABLE vault_meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,                          -- which vault this is, for ever
  epoch TEXT NOT NULL,                       -- one life of it: another one after a restore
  last_version INTEGER NOT NULL DEFAULT 0,   -- the newest version given out, never given again
  purged_at INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE vault_table (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  head INTEGER NOT NULL DEFAULT 0,           -- the newest version in it
  horizon INTEGER NOT NULL DEFAULT 0         -- the highest version that the purge took away
);

-- The rows of all tables, in the order of their versions.
CREATE TABLE vault_row (
  version INTEGER PRIMARY KEY,
  table_number INTEGER NOT NULL,
  id TEXT NOT NULL,                          -- the key as a JSON array
  hash INTEGER NOT NULL,                     -- of id: FNV-1a, 64 bits
  deleted_at INTEGER,                        -- NULL: the row lives
  edited_at INTEGER,                         -- NULL: unknown
  device_id TEXT,
  run_id TEXT,
  row TEXT NOT NULL                          -- a JSON object: the columns as they travelled
);

-- By key. Ids are random as a rule: an index of their texts would be several times as large, and each
-- push would write most of it anew.
CREATE INDEX vault_row_hash ON vault_row (table_number, hash);
CREATE INDEX vault_row_table ON vault_row (table_number); -- and by version, as every index
CREATE INDEX vault_row_deleted ON vault_row (table_number, deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE vault_device (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT,
  platform TEXT,
  app_version TEXT,
  registered_at INTEGER NOT NULL,
  last_sync_at INTEGER,
  last_version INTEGER NOT NULL DEFAULT 0,
  is_active INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

-- Random UUIDs of version 4.
INSERT INTO vault_meta (one, id, epoch)
  SELECT 1, max(iif(n = 1, uuid, NULL)), max(iif(n = 2, uuid, NULL))
    FROM (SELECT column1 AS n,
                 lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
                       || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2)
                       || '-' || hex(randomblob(6))) AS uuid
            FROM (VALUES (1), (2)));
