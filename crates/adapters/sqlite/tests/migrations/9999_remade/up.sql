-- Not a migration of ours: a model of one, and what a test brings a file up by. SQLite can't drop a
-- CHECK or a NOT NULL, so a table is made anew, filled from the old one, and takes its name
-- (https://sqlite.org/lang_altertable.html#otheralter). Foreign keys are off meanwhile and checked at
-- the end. Its indexes are made again, and the triggers that name it.
DROP TRIGGER payments_use_quotes;

CREATE TABLE new_fx_quotes (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    base        TEXT    NOT NULL CHECK (base GLOB '[A-Z][A-Z][A-Z]'),
    quote       TEXT    NOT NULL CHECK (quote GLOB '[A-Z][A-Z][A-Z]'),
    numerator   INTEGER NOT NULL CHECK (numerator > 0),
    denominator INTEGER NOT NULL CHECK (denominator > 0),
    source      TEXT,
    as_of       INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used        INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT, WITHOUT ROWID;

INSERT INTO new_fx_quotes (id, base, quote, numerator, denominator, source, as_of, expires_at, used)
SELECT id, base, quote, numerator, denominator, source, as_of, expires_at, used FROM fx_quotes;

DROP TABLE fx_quotes;
ALTER TABLE new_fx_quotes RENAME TO fx_quotes;
CREATE INDEX fx_quotes_unused ON fx_quotes (expires_at) WHERE NOT used;
CREATE TRIGGER payments_use_quotes AFTER INSERT ON payments WHEN NEW.quote_id IS NOT NULL
BEGIN UPDATE fx_quotes SET used = 1 WHERE id = NEW.quote_id; END;
