-- From schema 2 to schema 3. schema.sql says what each table and column is for.

CREATE TABLE glossary_import (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  format      TEXT    NOT NULL,
  mode        TEXT    NOT NULL,
  by          TEXT,
  state       TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
  bytes_read  INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,
  report      TEXT    NOT NULL,
  undoes      INTEGER
) STRICT;
CREATE TABLE glossary_import_concept (
  import_id  INTEGER NOT NULL REFERENCES glossary_import (id),
  concept    TEXT    NOT NULL,
  before_rev INTEGER,
  after_rev  INTEGER NOT NULL,
  PRIMARY KEY (import_id, concept)
) STRICT, WITHOUT ROWID;
CREATE TABLE style_history (
  name     TEXT    NOT NULL,
  rev      INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  by       TEXT,
  settings TEXT,
  PRIMARY KEY (name, rev)
) STRICT, WITHOUT ROWID;
-- Of what was written before, only the last revision is known.
INSERT INTO style_history (name, rev, at, by, settings) SELECT name, rev, changed_at, changed_by, settings FROM style;
