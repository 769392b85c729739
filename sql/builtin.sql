-- The built-in entities, made only in a database that is new. Documented in psync(1).

CREATE TABLE notifications (
  id TEXT PRIMARY KEY NOT NULL,
  title TEXT,
  content TEXT,
  type TEXT,
  status TEXT DEFAULT 'unread',
  priority TEXT DEFAULT 'normal',
  category TEXT,
  metadata TEXT,              -- JSON
  created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  expires_at TEXT
);

CREATE TABLE projects (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT,
  description TEXT,
  settings TEXT,              -- JSON
  created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE user_settings (
  id TEXT PRIMARY KEY NOT NULL,
  key TEXT,
  value TEXT,                 -- JSON
  created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
