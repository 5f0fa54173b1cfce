-- Takes everything of 0002 back, with foreign keys off, as up.sql. It refuses while there are
-- wallets, or payments without a reference: 0001 has no room for them.
DROP TABLE ledger_proof;
DROP INDEX journal_entries_at;

CREATE TABLE old_payments (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind                TEXT    NOT NULL CHECK (kind IN ('charge', 'transfer', 'payout', 'deposit', 'refund')),
    merchant_id         TEXT    NOT NULL,
    caller_id           TEXT    NOT NULL,
    amount_minor        INTEGER NOT NULL CHECK (amount_minor > 0),
    currency            TEXT    NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    source_id           BLOB    NOT NULL REFERENCES accounts (id),
    destination_id      BLOB    NOT NULL REFERENCES accounts (id),
    reference           TEXT    NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    idempotency_key     TEXT    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash        BLOB    CHECK (length(request_hash) = 32),
    -- JSON as the client wrote it.
    metadata            TEXT    CHECK (octet_length(metadata) <= 4096),
    status              TEXT    NOT NULL DEFAULT 'PENDING' CHECK (status IN (
                            'PENDING', 'PROCESSING', 'AUTHORIZED', 'MANUAL_REVIEW', 'SUCCESS',
                            'FAILED', 'REVERSED', 'VOIDED', 'EXPIRED')),
    failure_code        TEXT,
    failure_detail      TEXT,
    attempts            INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    lease_until         INTEGER,
    redeliveries        INTEGER NOT NULL DEFAULT 0 CHECK (redeliveries >= 0),
    parked_at           INTEGER,
    parked_reason       TEXT,
    transitions         INTEGER NOT NULL DEFAULT 0 CHECK (transitions >= 0),
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    CONSTRAINT payments_two_accounts CHECK (source_id <> destination_id),
    CONSTRAINT payments_key_with_hash CHECK ((idempotency_key IS NULL) = (request_hash IS NULL)),
    CONSTRAINT payments_failure_when_failed CHECK ((status = 'FAILED') = (failure_code IS NOT NULL)),
    CONSTRAINT payments_failure_whole CHECK ((failure_code IS NULL) = (failure_detail IS NULL)),
    CONSTRAINT payments_parked_with_reason CHECK ((parked_at IS NULL) = (parked_reason IS NULL)),
    CONSTRAINT payments_reference_key UNIQUE (merchant_id, reference)
) STRICT;

INSERT INTO old_payments
SELECT id, kind, merchant_id, caller_id, amount_minor, currency, source_id, destination_id,
    reference, idempotency_key, request_hash, metadata, status, failure_code, failure_detail,
    attempts, lease_until, redeliveries, parked_at, parked_reason, transitions, created_at,
    updated_at
FROM payments;

DROP TABLE payments;
ALTER TABLE old_payments RENAME TO payments;

CREATE UNIQUE INDEX payments_idempotency_key ON payments (caller_id, kind, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX payments_parked ON payments (id) WHERE parked_at IS NOT NULL;

DROP TABLE fx_quotes;

CREATE TABLE old_accounts (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    number        TEXT    NOT NULL UNIQUE CHECK (length(number) = 12 AND number NOT GLOB '*[^0-9]*'),
    currency      TEXT    NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- Exactly one of the two says what the account is for.
    system_code   TEXT    CHECK (system_code IN ('acquirer', 'bank', 'fx_liquidity', 'opening_equity')),
    merchant_id   TEXT,
    posted_minor  INTEGER NOT NULL DEFAULT 0,
    held_minor    INTEGER NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    overdraft     INTEGER NOT NULL CHECK (overdraft IN (0, 1)),
    last_seq      INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_entry_at INTEGER,
    created_at    INTEGER NOT NULL,
    CONSTRAINT accounts_one_role CHECK ((system_code IS NULL) <> (merchant_id IS NULL)),
    CONSTRAINT accounts_never_overdrawn CHECK (overdraft OR posted_minor - held_minor >= 0),
    CONSTRAINT accounts_id_currency_key UNIQUE (id, currency),
    CONSTRAINT accounts_system_key UNIQUE (system_code, currency),
    CONSTRAINT accounts_merchant_key UNIQUE (merchant_id, currency)
) STRICT;

INSERT INTO old_accounts
SELECT id, number, currency, system_code, merchant_id, posted_minor, held_minor, overdraft, last_seq,
    last_entry_at, created_at
FROM accounts;

DROP TABLE accounts;
ALTER TABLE old_accounts RENAME TO accounts;
