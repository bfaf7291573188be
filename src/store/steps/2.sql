-- From schema 1 to schema 2. schema.sql says what each table and column is for.

-- The termbase.
ALTER TABLE change ADD COLUMN concept TEXT;
CREATE TABLE concept (
  id          TEXT    PRIMARY KEY,
  rev         INTEGER NOT NULL,
  subject     TEXT,
  definitions TEXT,
  created_at  INTEGER NOT NULL,
  created_by  TEXT,
  changed_at  INTEGER NOT NULL,
  changed_by  TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE concept_name (
  concept TEXT    NOT NULL REFERENCES concept (id),
  place   INTEGER NOT NULL,
  lang    TEXT    NOT NULL,
  text    TEXT    NOT NULL,
  status  TEXT    NOT NULL,
  type    TEXT    NOT NULL,
  style   TEXT,
  usage   TEXT    NOT NULL,
  marks   TEXT    NOT NULL,
  note    TEXT,
  source  TEXT,
  PRIMARY KEY (concept, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE concept_history (
  concept TEXT    NOT NULL,
  rev     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  by      TEXT,
  event   TEXT    NOT NULL,
  state   TEXT,
  PRIMARY KEY (concept, rev)
) STRICT, WITHOUT ROWID;
CREATE TABLE shipped_concept (
  concept TEXT PRIMARY KEY,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE style (
  name       TEXT    PRIMARY KEY,
  rev        INTEGER NOT NULL,
  settings   TEXT    NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE suggestion (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  concept    TEXT    NOT NULL,
  content    TEXT    NOT NULL,
  comment    TEXT,
  state      TEXT    NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
  created_at INTEGER NOT NULL,
  created_by TEXT,
  decided_at INTEGER,
  decided_by TEXT,
  reason     TEXT,
  rev        INTEGER
) STRICT;
CREATE INDEX suggestion_state ON suggestion (state, id);
