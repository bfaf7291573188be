-- Hamzaban's store: the whole current schema. A new data folder is made by running this file once, in one
-- transaction; an older folder is brought here by the numbered steps in src/store/schema.rs.
--
-- Words: a memory (translation memory) holds units; a unit is the same text in two or more languages, its
-- variants; every write gives a unit a new revision (rev) and the log of changes a new row, in one transaction.
-- All times are seconds since 1970-01-01 UTC; all texts are UTF-8 exactly as they were given.
-- "by" is the name of a user or key, NULL where nobody is known. JSON columns are NULL when they would be empty.

PRAGMA application_id = 0x485A4D42; -- "HZMB": says whose file this is
PRAGMA user_version = 2;            -- the number of this schema

-- One row about the store itself.
CREATE TABLE meta (
  one         INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
  epoch       TEXT    NOT NULL,    -- random; renewed when the store may have gone backward, so that followers start again
  created_at  INTEGER NOT NULL,    -- when the store was made
  next_unit   INTEGER NOT NULL,    -- id of the next unit: ids are never used twice, even after a deletion
  next_change INTEGER NOT NULL,    -- seq of the next change: the log has no gaps within an epoch
  indexed_to  INTEGER NOT NULL     -- unit_equal has all units up to this id; later ones may be missing there
) STRICT;

-- Translation memories. A deleted one keeps its units for 30 days and can come back.
CREATE TABLE memory (
  id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  name       TEXT    NOT NULL,     -- slug that people and files use; never changes; unique among the living
  title      TEXT    NOT NULL,     -- any text, for people
  penalty    INTEGER NOT NULL CHECK (penalty BETWEEN 0 AND 30), -- taken off the score of its matches
  read_only  INTEGER NOT NULL CHECK (read_only IN (0, 1)),      -- 1: refuses every write of units
  created_at INTEGER NOT NULL,     -- when it was made
  created_by TEXT,                 -- by whom
  deleted_at INTEGER,              -- when it was deleted; NULL: it lives
  deleted_by TEXT,                 -- by whom
  units      INTEGER NOT NULL DEFAULT 0, -- how many rows of unit it has; kept by the writer
  first_unit INTEGER NOT NULL DEFAULT 0, -- no unit of it has a smaller id; 0: it never had one
  last_unit  INTEGER NOT NULL DEFAULT 0  -- no unit of it has a larger id
) STRICT;
CREATE UNIQUE INDEX memory_name ON memory (name) WHERE deleted_at IS NULL;

-- The languages of a memory in the order of their first use; kept by the writer.
CREATE TABLE memory_lang (
  memory_id INTEGER NOT NULL REFERENCES memory (id), -- whose
  place     INTEGER NOT NULL,      -- 0 for the first language ever used in it
  lang      TEXT    NOT NULL,      -- BCP 47 tag as in variant.lang
  units     INTEGER NOT NULL,      -- how many units have a variant in it; 0: not any more
  PRIMARY KEY (memory_id, place)
) STRICT, WITHOUT ROWID;

-- Translation units, one row each; former revisions are in unit_history.
CREATE TABLE unit (
  id           INTEGER PRIMARY KEY, -- from meta.next_unit; larger is newer
  memory_id    INTEGER NOT NULL REFERENCES memory (id), -- where it is
  rev          INTEGER NOT NULL,    -- 1 for a new unit, one more with every write
  source       INTEGER NOT NULL,    -- variant.place of the text that was translated
  created_at   INTEGER NOT NULL,    -- when it was made, as the file or client said, else when it came here
  created_by   TEXT,                -- by whom
  changed_at   INTEGER NOT NULL,    -- when it was last changed; never goes backward
  changed_by   TEXT,                -- by whom
  previous     TEXT,                -- context: the segment before it
  next         TEXT,                -- context: the segment after it
  context_id   TEXT,                -- context: a key that names its place
  metadata     TEXT,                -- JSON {"attributes","props","notes"}: what a file said beyond the above
  import_id    INTEGER,             -- the import or bulk change that wrote this revision; NULL: a person or client did
  source_hash  INTEGER NOT NULL,    -- xxh3 of the source's language group, its folded text and the context.
                                    -- It depends on text::fold::same: when that changes, a step must renew it
  content_hash INTEGER NOT NULL,    -- xxh3 of the context and each (language, tagged or plain text)
  checksum     INTEGER NOT NULL     -- xxh3 of every other column of this row and of its variants, for `verify`
) STRICT;
-- Finds units with the same source and those with the same content; hits are then compared text by text.
-- An index of unit that is written late, in large sorted slices (see meta.indexed_to): hashes come in random order,
-- and writing each with its unit would cost an import more than all the rest.
CREATE TABLE unit_equal (
  memory_id    INTEGER NOT NULL,   -- as in unit
  source_hash  INTEGER NOT NULL,   -- as in unit
  content_hash INTEGER NOT NULL,   -- as in unit
  unit_id      INTEGER NOT NULL,   -- which unit
  PRIMARY KEY (memory_id, source_hash, content_hash, unit_id)
) STRICT, WITHOUT ROWID;

-- The texts of a unit.
CREATE TABLE variant (
  unit_id  INTEGER NOT NULL REFERENCES unit (id), -- whose
  place    INTEGER NOT NULL,       -- order within the unit, from 0
  lang     TEXT    NOT NULL,       -- BCP 47 tag in canonical case
  text     TEXT    NOT NULL,       -- plain text
  tagged   TEXT,                   -- the same with TMX 1.4 inline elements (the inside of <seg>); NULL: it has none
  metadata TEXT,                   -- JSON as in unit.metadata
  PRIMARY KEY (unit_id, place)
) STRICT, WITHOUT ROWID;

-- Former revisions of units, and the deletions: one row when a revision ends.
CREATE TABLE unit_history (
  unit_id   INTEGER NOT NULL,      -- whose; the unit itself may be gone
  rev       INTEGER NOT NULL,      -- the revision that ended
  memory_id INTEGER NOT NULL,      -- where it was
  at        INTEGER NOT NULL,      -- when it ended
  by        TEXT,                  -- by whom
  event     TEXT    NOT NULL,      -- what ended it: updated, replaced, reverted, deleted, restored, taken_back, moved, merged
  import_id INTEGER,               -- the import or bulk change that ended it
  state     TEXT,                  -- JSON of the whole revision; NULL: it was a deletion, which has no content
  PRIMARY KEY (unit_id, rev)
) STRICT, WITHOUT ROWID;

-- The log of changes, written in the same transaction as what it tells of. Old rows are dropped from the front.
CREATE TABLE change (
  seq       INTEGER PRIMARY KEY,   -- from meta.next_change: 1, 2, 3 …
  at        INTEGER NOT NULL,      -- when
  by        TEXT,                  -- by whom
  kind      TEXT    NOT NULL,      -- unit_put, unit_deleted, memory_put, memory_deleted, concept_put, concept_deleted, style_put, style_deleted
  memory_id INTEGER NOT NULL,      -- which memory; 0 for concepts and styles
  unit_id   INTEGER,               -- which unit, for the unit kinds
  rev       INTEGER,               -- the revision of the unit, concept or style after the change
  concept   TEXT                   -- which concept, for the concept kinds; the name of the style, for the style kinds
) STRICT;

-- Imports and other changes of many units at once, and how they went. What each of them wrote says so in
-- unit.import_id and unit_history.import_id.
CREATE TABLE import (
  id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  memory_id   INTEGER NOT NULL REFERENCES memory (id), -- where it wrote
  file        TEXT    NOT NULL,    -- the file's name, a label for people; empty where there is no file
  format      TEXT    NOT NULL,    -- tmx, tsv, csv …; empty where there is no file
  mode        TEXT    NOT NULL,    -- add, update, keep; empty where there is no file
  by          TEXT,                -- who started it
  state       TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
                                   -- running ones become interrupted when the store is opened
  bytes_read  INTEGER NOT NULL,    -- of the file, all before it is in the store
  started_at  INTEGER NOT NULL,    -- when it began
  finished_at INTEGER,             -- when it ended; NULL: it runs
  report      TEXT    NOT NULL,    -- JSON of the report so far
  kind        TEXT    NOT NULL DEFAULT 'import', -- import, replace, delete, move, copy, merge, undo
  asked       TEXT,                -- JSON of what was asked for (filter, what to find …); NULL: nothing, or erased
  other_id    INTEGER,             -- the memory it moved or copied to, which it wrote too
  undoes      INTEGER              -- import.id of what it takes back
) STRICT;

-- How many units were written on each day and by whom, for statistics; kept by the writer.
CREATE TABLE activity (
  memory_id INTEGER NOT NULL,      -- where
  day       INTEGER NOT NULL,      -- days since 1970-01-01 UTC: when it was written here, whatever its file says
  by        TEXT    NOT NULL,      -- by whom; empty where nobody is known
  added     INTEGER NOT NULL,      -- new units
  changed   INTEGER NOT NULL,      -- new revisions of units
  deleted   INTEGER NOT NULL,      -- deletions
  PRIMARY KEY (memory_id, day, by)
) STRICT, WITHOUT ROWID;

-- Replies to POSTs that carried an Idempotency-Key, kept for 30 days.
CREATE TABLE idempotency (
  key       TEXT    NOT NULL,      -- the header's value, with the caller's key id in front
  route     TEXT    NOT NULL,      -- method and path
  body_hash INTEGER NOT NULL,      -- of the request's body: another body under the same key is refused
  status    INTEGER NOT NULL,      -- the HTTP status that was sent
  reply     BLOB    NOT NULL,      -- the body that was sent
  at        INTEGER NOT NULL,      -- when
  PRIMARY KEY (key, route)
) STRICT;

-- Who did what, for those who answer for the server; holds no texts. Only ever added to; rows go after 400 days.
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

-- Concepts of the termbase: things that have names. A deleted one has no row here; its history tells of it.
CREATE TABLE concept (
  id          TEXT    PRIMARY KEY, -- such as org:pmoi; what stands before the colon is its kind
  rev         INTEGER NOT NULL,    -- 1 for a new concept, one more with every write, also over a deletion
  subject     TEXT,                -- the subject field, of ordinary terms above all
  definitions TEXT,                -- JSON {language: text}
  created_at  INTEGER NOT NULL,    -- when it was made
  created_by  TEXT,                -- by whom
  changed_at  INTEGER NOT NULL,    -- when it was last changed
  changed_by  TEXT,                -- by whom
  checksum    INTEGER NOT NULL     -- xxh3 of every other column and its names, for `verify`
) STRICT, WITHOUT ROWID;

-- The names of a concept.
CREATE TABLE concept_name (
  concept TEXT    NOT NULL REFERENCES concept (id), -- whose
  place   INTEGER NOT NULL,        -- order within the concept, from 0
  lang    TEXT    NOT NULL,        -- BCP 47 tag in canonical case
  text    TEXT    NOT NULL,        -- the name, byte for byte as it is to be written
  status  TEXT    NOT NULL,        -- preferred, admitted, deprecated, forbidden
  type    TEXT    NOT NULL,        -- full, acronym, short, spelling, transliteration
  style   TEXT,                    -- the style it has this standing in; NULL: the default style
  usage   TEXT    NOT NULL,        -- first, later, headline; empty: any
  marks   TEXT    NOT NULL,        -- how it is to be looked for, words with a space between; empty: plainly
  note    TEXT,                    -- a fact about usage
  source  TEXT,                    -- where the fact is from
  PRIMARY KEY (concept, place)
) STRICT, WITHOUT ROWID;

-- Former revisions of concepts, and the deletions: one row when a revision ends.
CREATE TABLE concept_history (
  concept TEXT    NOT NULL,        -- whose; the concept itself may be gone
  rev     INTEGER NOT NULL,        -- the revision that ended
  at      INTEGER NOT NULL,        -- when it ended
  by      TEXT,                    -- by whom
  event   TEXT    NOT NULL,        -- what ended it: updated, replaced, reverted, deleted, restored, taken_back
  state   TEXT,                    -- JSON of the whole revision; NULL: it was a deletion, which has no content
  PRIMARY KEY (concept, rev)
) STRICT, WITHOUT ROWID;

-- What the program shipped for a concept when it last brought its glossary in. What differs from it by now is
-- people's own edit, and a newer program leaves that alone.
CREATE TABLE shipped_concept (
  concept TEXT PRIMARY KEY,        -- which; the concept itself may be deleted
  content TEXT NOT NULL            -- JSON of the concept as it was shipped
) STRICT, WITHOUT ROWID;

-- Glossary files that were read in, and their takings back.
CREATE TABLE glossary_import (
  id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice; people see it with a g in front
  format      TEXT    NOT NULL,    -- csv, tbx, tbx3, omegat; empty where it takes another one back
  mode        TEXT    NOT NULL,    -- add, update, keep; empty where it takes another one back
  by          TEXT,                -- who started it
  state       TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
                                   -- running ones become interrupted when the store is opened
  bytes_read  INTEGER NOT NULL,    -- how long the (unpacked) file is
  started_at  INTEGER NOT NULL,    -- when it began
  finished_at INTEGER,             -- when it ended; NULL: it runs
  report      TEXT    NOT NULL,    -- JSON of the report so far
  undoes      INTEGER              -- glossary_import.id of what it takes back; NULL: it read a file
) STRICT;

-- Which concepts an import of a glossary wrote.
CREATE TABLE glossary_import_concept (
  import_id  INTEGER NOT NULL REFERENCES glossary_import (id), -- which import
  concept    TEXT    NOT NULL,     -- which concept; the concept itself may be gone
  before_rev INTEGER,              -- its revision before; NULL: there was none of that id
  after_rev  INTEGER NOT NULL,     -- its revision after
  PRIMARY KEY (import_id, concept)
) STRICT, WITHOUT ROWID;

-- House styles: which names a client or publication prefers, and how a text is brought in line.
CREATE TABLE style (
  name       TEXT    PRIMARY KEY,  -- slug that people and files use; `default` needs no row
  rev        INTEGER NOT NULL,     -- 1 for a new style, one more with every write
  settings   TEXT    NOT NULL,     -- JSON of what it says
  changed_at INTEGER NOT NULL,     -- when it was last changed
  changed_by TEXT                  -- by whom
) STRICT, WITHOUT ROWID;

-- All revisions of styles, the one in force included.
CREATE TABLE style_history (
  name     TEXT    NOT NULL,       -- whose; the style itself may be gone
  rev      INTEGER NOT NULL,       -- which revision
  at       INTEGER NOT NULL,       -- when it was written
  by       TEXT,                   -- by whom
  settings TEXT,                   -- JSON of what it said; NULL: it was a deletion
  PRIMARY KEY (name, rev)
) STRICT, WITHOUT ROWID;

-- Proposed edits of the termbase, which wait for an editor's decision.
CREATE TABLE suggestion (
  id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  concept    TEXT    NOT NULL,     -- the concept it is about; it need not exist yet
  content    TEXT    NOT NULL,     -- JSON of what is proposed
  comment    TEXT,                 -- why
  state      TEXT    NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
  created_at INTEGER NOT NULL,     -- when it was made
  created_by TEXT,                 -- by whom
  decided_at INTEGER,              -- when it was decided; NULL: it is open
  decided_by TEXT,                 -- by whom
  reason     TEXT,                 -- what the editor said about it
  rev        INTEGER               -- the concept's revision that came of it
) STRICT;
CREATE INDEX suggestion_state ON suggestion (state, id);

-- Keys to the server. None is ever removed: the server is open only while this table is empty.
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

-- What a key may do in single memories.
CREATE TABLE key_memory (
  key_id    TEXT    NOT NULL REFERENCES key (id), -- which key
  memory_id INTEGER NOT NULL,      -- in which memory; the memory itself may be gone
  role      TEXT    NOT NULL,      -- read, write, admin
  PRIMARY KEY (key_id, memory_id)
) STRICT, WITHOUT ROWID;
