-- From schema 1 to schema 2. schema.sql says what each table and column is for.
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
