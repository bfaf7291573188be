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
