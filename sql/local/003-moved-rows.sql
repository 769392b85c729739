-- What 002 left was moved.
DROP TABLE psync_row_old;
DROP TABLE psync_trace_old;
