-- What costs less to write. See tests/bench/README.md.

-- The view of an owner that is broken is no reason to fail.
PRAGMA legacy_alter_table = ON;

-- The row as last synced. base: the JSON that travelled; NULL: known deleted. It is found by an index: in a tree of
-- keys, rows as long as these would make long ways.
CREATE TABLE psync_row_new (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  base TEXT,
  PRIMARY KEY (entity, id)
);
INSERT INTO psync_row_new (entity, id, version, base) SELECT entity, id, version, base FROM psync_row;
DROP TABLE psync_row;
ALTER TABLE psync_row_new RENAME TO psync_row;

-- Few batches are unsettled at any time, and mostly one.
DROP INDEX psync_sent_batch;

-- Which rows a run moved, many in one record; trimmed after 30 days.
CREATE TABLE psync_trace_new (
  run INTEGER NOT NULL,
  entity TEXT NOT NULL,
  rows TEXT NOT NULL,                    -- JSON: [[id, version], …]
  n INTEGER NOT NULL,                    -- how many
  direction TEXT NOT NULL                -- pushed, pulled, refused, held
);
INSERT INTO psync_trace_new (run, entity, rows, n, direction)
  SELECT run, entity, json_array (json_array (id, version)), 1, direction FROM psync_trace ORDER BY rowid;
DROP TABLE psync_trace;
ALTER TABLE psync_trace_new RENAME TO psync_trace;
CREATE INDEX psync_trace_run ON psync_trace (run);

PRAGMA legacy_alter_table = OFF;
