-- Whom the house knows: merchants and the keys of their programs. And who did what. Accounts and
-- payments name their owner by text: what is known of it may go, and they stay.

CREATE TABLE merchants (
    id           TEXT    NOT NULL PRIMARY KEY
        CHECK (length(id) BETWEEN 1 AND 64 AND id GLOB '[a-z0-9]*' AND id NOT GLOB '*[^a-z0-9._-]*'),
    name         TEXT    CHECK (length(name) BETWEEN 1 AND 255),
    created_by   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    key_hash     BLOB    CHECK (length(key_hash) = 16),
    request_hash BLOB    CHECK (length(request_hash) = 32),
    CONSTRAINT merchants_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX merchants_key ON merchants (key_hash) WHERE key_hash IS NOT NULL;

-- Of a key's secret no more is kept than its hash, by which it is found, and the few digits that
-- people tell it by.
CREATE TABLE api_keys (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    merchant_id  TEXT    NOT NULL REFERENCES merchants (id),
    name         TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    secret_hash  BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    hint         TEXT    NOT NULL CHECK (length(hint) = 12),
    -- As OAuth writes them: in a row, with a space between (RFC 6749 section 3.3).
    scopes       TEXT    NOT NULL,
    -- Who made it, and by which key if by one.
    created_by   TEXT    NOT NULL,
    made_with    BLOB    REFERENCES api_keys (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    replaced_by  BLOB    REFERENCES api_keys (id),
    revoked_at   INTEGER,
    key_hash     BLOB    CHECK (length(key_hash) = 16),
    request_hash BLOB    CHECK (length(request_hash) = 32),
    CONSTRAINT api_keys_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX api_keys_key ON api_keys (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX api_keys_of_merchant ON api_keys (merchant_id, id);
-- Who deletes a key asks whose place it took, and what it made.
CREATE INDEX api_keys_replaced_by ON api_keys (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX api_keys_made_with ON api_keys (made_with) WHERE made_with IS NOT NULL;

CREATE TABLE audit_log (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    at         INTEGER NOT NULL,
    -- Who did it, and by which key if by one.
    principal  TEXT    NOT NULL,
    key_id     BLOB    CHECK (length(key_id) = 16),
    action     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    request_id TEXT    CHECK (length(request_id) <= 128),
    address    TEXT
) STRICT, WITHOUT ROWID;

-- What is listed, newest first: of all, of one who did it, of one thing that is done, of both, and of
-- one that it was done to.
CREATE INDEX audit_log_of_all ON audit_log (at, id);
CREATE INDEX audit_log_of_principal ON audit_log (principal, at, id);
CREATE INDEX audit_log_of_action ON audit_log (action, at, id);
CREATE INDEX audit_log_of_principal_and_action ON audit_log (principal, action, at, id);
CREATE INDEX audit_log_of_target ON audit_log (target, at, id);

CREATE TRIGGER audit_log_never_changes BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_never_goes BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
