-- Whom the house knows: merchants and the keys of their programs. And who did what. Accounts and
-- payments name their owner by text: what is known of it may go, and they stay.

CREATE TABLE merchants (
    id           text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    name         short_text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    key_hash     uuid,
    request_hash hash_of_request,
    CONSTRAINT merchants_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL))
);

CREATE UNIQUE INDEX merchants_key ON merchants (key_hash) WHERE key_hash IS NOT NULL;

-- Of a key's secret no more is kept than its hash, by which it is found, and the few digits that
-- people tell it by.
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    merchant_id  text COLLATE "C" NOT NULL REFERENCES merchants (id),
    name         short_text NOT NULL,
    secret_hash  bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    hint         text NOT NULL CHECK (octet_length(hint) = 12),
    -- As OAuth writes them: in a row, with a space between (RFC 6749 section 3.3).
    scopes       text NOT NULL,
    -- Who made it, and by which key if by one.
    created_by   text NOT NULL,
    made_with    uuid REFERENCES api_keys (id),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    replaced_by  uuid REFERENCES api_keys (id),
    revoked_at   timestamptz,
    key_hash     uuid,
    request_hash hash_of_request,
    CONSTRAINT api_keys_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL))
);

CREATE UNIQUE INDEX api_keys_key ON api_keys (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX api_keys_of_merchant ON api_keys (merchant_id, id);
-- Who deletes a key asks whose place it took, and what it made.
CREATE INDEX api_keys_replaced_by ON api_keys (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX api_keys_made_with ON api_keys (made_with) WHERE made_with IS NOT NULL;

CREATE TABLE audit_log (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Who did it, and by which key if by one.
    principal  text COLLATE "C" NOT NULL,
    key_id     uuid,
    action     text COLLATE "C" NOT NULL,
    target     text COLLATE "C" NOT NULL,
    request_id text CHECK (octet_length(request_id) <= 128),
    address    text
);

-- What is listed, newest first: of all, of one who did it, of one thing that is done, of both, and of
-- one that it was done to.
CREATE INDEX audit_log_of_all ON audit_log (at, id);
CREATE INDEX audit_log_of_principal ON audit_log (principal, at, id);
CREATE INDEX audit_log_of_action ON audit_log (action, at, id);
CREATE INDEX audit_log_of_principal_and_action ON audit_log (principal, action, at, id);
CREATE INDEX audit_log_of_target ON audit_log (target, at, id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
