-- Some rows more into the tables that 002 made, until none is left. There may be a million of them.

-- Databases of a version that was never released have these no more.
CREATE TABLE IF NOT EXISTS psync_row_old (
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  base TEXT,
  PRIMARY KEY (entity, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS psync_trace_old (
  run INTEGER NOT NULL,
  entity TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  direction TEXT NOT NULL
);

INSERT INTO psync_row (entity, id, version, base)
  SELECT entity, id, version, base FROM psync_row_old ORDER BY entity, id LIMIT 500;
DELETE FROM psync_row_old
  WHERE (entity, id) IN (SELECT entity, id FROM psync_row_old ORDER BY entity, id LIMIT 500);

INSERT INTO psync_trace (run, entity, rows, n, direction)
  SELECT run, entity, json_group_array (json_array (id, version)), count (*), direction
  FROM (SELECT rowid AS place, * FROM psync_trace_old ORDER BY rowid LIMIT 2000)
  GROUP BY run, entity, direction ORDER BY min (place);
DELETE FROM psync_trace_old WHERE rowid IN (SELECT rowid FROM psync_trace_old ORDER BY rowid LIMIT 2000);
