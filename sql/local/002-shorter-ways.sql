-- What costs less to write. See tests/bench/README.md. What was there before is moved by the next script.

-- The view of an owner that is broken is no reason to fail.
PRAGMA legacy_alter_table = ON;

-- The row as last synced. base: the JSON that travelled; NULL: known deleted. It is found by an index: in a tree of
-- keys, rows as long as these would make long ways.
ALTER TABLE psync_row RENAME TO psync_row_old;
CREATE TABLE psync_row (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  base TEXT,
  PRIMARY KEY (entity, id)
);

-- Few batches are unsettled at any time, and mostly one.
DROP INDEX psync_sent_batch;

-- Which rows a run moved, many in one record; trimmed after 30 days.
ALTER TABLE psync_trace RENAME TO psync_trace_old;
CREATE TABLE psync_trace (
  run INTEGER NOT NULL,
  entity TEXT NOT NULL,
  rows TEXT NOT NULL,                    -- JSON: [[id, version], …]
  n INTEGER NOT NULL,                    -- how many
  direction TEXT NOT NULL                -- pushed, pulled, refused, held
);
-- The other one goes with its table.
CREATE INDEX psync_trace_runs ON psync_trace (run);

PRAGMA legacy_alter_table = OFF;
