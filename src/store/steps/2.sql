-- From schema 1 to schema 2. schema.sql says what each table and column is for.

ALTER TABLE import ADD COLUMN kind TEXT NOT NULL DEFAULT 'import';
ALTER TABLE import ADD COLUMN asked TEXT;
ALTER TABLE import ADD COLUMN other_id INTEGER;
ALTER TABLE import ADD COLUMN undoes INTEGER;

CREATE TABLE activity (
  memory_id INTEGER NOT NULL,
  day       INTEGER NOT NULL,
  by        TEXT    NOT NULL,
  added     INTEGER NOT NULL,
  changed   INTEGER NOT NULL,
  deleted   INTEGER NOT NULL,
  PRIMARY KEY (memory_id, day, by)
) STRICT, WITHOUT ROWID;
-- Of what was written before, the log of changes tells the last days.
INSERT INTO activity (memory_id, day, by, added, changed, deleted)
  SELECT memory_id, at / 86400, coalesce(by, ''),
         sum(kind = 'unit_put' AND rev = 1), sum(kind = 'unit_put' AND rev > 1), sum(kind = 'unit_deleted')
  FROM change WHERE kind IN ('unit_put', 'unit_deleted') GROUP BY 1, 2, 3;

CREATE TABLE audit (
  id         INTEGER PRIMARY KEY,  -- larger is later
  at         INTEGER NOT NULL,     -- when
  by         TEXT,                 -- the name of the key, as shown in units and changes; NULL: nobody is known
  key_id     TEXT,                 -- key.id; NULL: the local administrator, or anybody before there were keys
  action     TEXT    NOT NULL,     -- such as unit_added, memory_deleted, import_started, key_revoked, refused
  object     TEXT    NOT NULL,     -- what kind of thing: unit, memory, import, key, route …
  object_id  TEXT    NOT NULL,     -- which one: a unit's id, a memory's name, a key's id, a route's pattern …
  memory_id  INTEGER,              -- the memory it is in or is; the memory itself may be gone
  before_rev INTEGER,              -- the unit's revision before; NULL: there was none, or the object has none
  after_rev  INTEGER,              -- the unit's revision after
  request_id TEXT                  -- X-Request-Id of the request; NULL: the command line
) STRICT;


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
  changed_by  TEXT,
  checksum    INTEGER NOT NULL
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
CREATE TABLE key (
  id          TEXT    PRIMARY KEY, -- 8 letters and digits, the ID of hz_ID_SECRET
  name        TEXT    NOT NULL,    -- a label for people, shown as changed_by; '' for none
  hash        BLOB    NOT NULL,    -- SHA-256 of the whole key as it was shown, once; the key itself is nowhere
  everywhere  TEXT,                -- role in every memory: read, write, admin; NULL: only in those of key_memory
  glossary    TEXT,                -- role in the glossary; NULL: none
  per_minute  INTEGER,             -- how many requests a minute; NULL: as many as it likes
  created_at  INTEGER NOT NULL,    -- when it was made
  created_by  TEXT,                -- by whom
  expires_at  INTEGER,             -- from when it is refused; NULL: never
  revoked_at  INTEGER,             -- when it was revoked; NULL: it was not
  revoked_by  TEXT,                -- by whom
  last_used   INTEGER              -- when it was used, to the hour; NULL: never
) STRICT;

CREATE TABLE key_memory (
  key_id    TEXT    NOT NULL REFERENCES key (id), -- which key
  memory_id INTEGER NOT NULL,      -- in which memory; the memory itself may be gone
  role      TEXT    NOT NULL,      -- read, write, admin
  PRIMARY KEY (key_id, memory_id)
) STRICT, WITHOUT ROWID;

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
