-- Wallets, transfers between currencies, holds, refunds and quotes.
--
-- SQLite can't drop a CHECK or a NOT NULL, so accounts and payments are made anew, filled from the
-- old ones, and take their names (https://sqlite.org/lang_altertable.html#otheralter). That goes only
-- with foreign keys off, which must be so before the transaction begins; who migrates checks them
-- before it ends. No trigger is on these two tables, and their indexes are made again.

-- Wallets have neither a system code nor a merchant. What a client calls an account is unique; what
-- it asked for when it opened one tells a repeated request from another.
CREATE TABLE new_accounts (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    number        TEXT    NOT NULL UNIQUE CHECK (length(number) = 12 AND number NOT GLOB '*[^0-9]*'),
    currency      TEXT    NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    system_code   TEXT    CHECK (system_code IN ('acquirer', 'bank', 'fx_liquidity', 'opening_equity')),
    merchant_id   TEXT,
    posted_minor  INTEGER NOT NULL DEFAULT 0,
    held_minor    INTEGER NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    overdraft     INTEGER NOT NULL CHECK (overdraft IN (0, 1)),
    last_seq      INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_entry_at INTEGER,
    created_at    INTEGER NOT NULL,
    name          TEXT    CHECK (length(name) BETWEEN 1 AND 255),
    alias         TEXT    CHECK (length(alias) BETWEEN 1 AND 64 AND alias GLOB '[A-Za-z0-9]*'
        AND alias NOT GLOB '*[^A-Za-z0-9._-]*'),
    metadata      TEXT    CHECK (octet_length(metadata) <= 4096),
    request_hash  BLOB    CHECK (length(request_hash) = 32),
    closed_at     INTEGER,
    CONSTRAINT accounts_at_most_one_role CHECK (system_code IS NULL OR merchant_id IS NULL),
    CONSTRAINT accounts_never_overdrawn CHECK (overdraft OR posted_minor - held_minor >= 0),
    CONSTRAINT accounts_closed_empty
        CHECK (closed_at IS NULL OR (posted_minor = 0 AND held_minor = 0)),
    -- Postings refer to account and currency together, so that neither can differ.
    CONSTRAINT accounts_id_currency_key UNIQUE (id, currency),
    CONSTRAINT accounts_system_key UNIQUE (system_code, currency),
    CONSTRAINT accounts_merchant_key UNIQUE (merchant_id, currency),
    CONSTRAINT accounts_alias_key UNIQUE (alias)
) STRICT;

INSERT INTO new_accounts (id, number, currency, system_code, merchant_id, posted_minor, held_minor,
    overdraft, last_seq, last_entry_at, created_at)
SELECT id, number, currency, system_code, merchant_id, posted_minor, held_minor, overdraft, last_seq,
    last_entry_at, created_at
FROM accounts;

DROP TABLE accounts;
ALTER TABLE new_accounts RENAME TO accounts;

-- A rate that was promised: numerator ÷ denominator units of quote for one of base.
CREATE TABLE fx_quotes (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    base        TEXT    NOT NULL CHECK (base GLOB '[A-Z][A-Z][A-Z]'),
    quote       TEXT    NOT NULL CHECK (quote GLOB '[A-Z][A-Z][A-Z]'),
    numerator   INTEGER NOT NULL CHECK (numerator > 0),
    denominator INTEGER NOT NULL CHECK (denominator > 0),
    source      TEXT    NOT NULL,
    as_of       INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Debit and credit are kept only where they differ from the amount; the rate only where one was
-- needed. What settlement changes of these (the debit of a refund, what is captured, refunded or
-- about to be, when a hold ends) is in no index.
CREATE TABLE new_payments (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind                TEXT    NOT NULL CHECK (kind IN ('charge', 'transfer', 'payout', 'deposit', 'refund')),
    merchant_id         TEXT    NOT NULL,
    caller_id           TEXT    NOT NULL,
    amount_minor        INTEGER NOT NULL CHECK (amount_minor > 0),
    currency            TEXT    NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    source_id           BLOB    NOT NULL REFERENCES accounts (id),
    destination_id      BLOB    NOT NULL REFERENCES accounts (id),
    reference           TEXT    CHECK (length(reference) BETWEEN 1 AND 255),
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
    debit_minor         INTEGER CHECK (debit_minor >= 0),
    debit_currency      TEXT    CHECK (debit_currency GLOB '[A-Z][A-Z][A-Z]'),
    credit_minor        INTEGER CHECK (credit_minor > 0),
    credit_currency     TEXT    CHECK (credit_currency GLOB '[A-Z][A-Z][A-Z]'),
    fx_numerator        INTEGER CHECK (fx_numerator > 0),
    fx_denominator      INTEGER CHECK (fx_denominator > 0),
    fx_source           TEXT,
    fx_as_of            INTEGER,
    quote_id            BLOB    REFERENCES fx_quotes (id),
    parent_id           BLOB    REFERENCES payments (id),
    hold                INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),
    captured_minor      INTEGER CHECK (captured_minor > 0),
    refunded_minor      INTEGER NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    refunding_minor     INTEGER NOT NULL DEFAULT 0 CHECK (refunding_minor >= 0),
    expires_at          INTEGER,
    description         TEXT    CHECK (length(description) BETWEEN 1 AND 255),
    tx_date             INTEGER,
    CONSTRAINT payments_two_accounts CHECK (source_id <> destination_id),
    CONSTRAINT payments_key_with_hash CHECK ((idempotency_key IS NULL) = (request_hash IS NULL)),
    CONSTRAINT payments_failure_when_failed CHECK ((status = 'FAILED') = (failure_code IS NOT NULL)),
    CONSTRAINT payments_failure_whole CHECK ((failure_code IS NULL) = (failure_detail IS NULL)),
    CONSTRAINT payments_parked_with_reason CHECK ((parked_at IS NULL) = (parked_reason IS NULL)),
    CONSTRAINT payments_both_sides CHECK ((debit_minor IS NULL) + (debit_currency IS NULL)
        + (credit_minor IS NULL) + (credit_currency IS NULL) IN (0, 4)),
    CONSTRAINT payments_whole_rate CHECK ((fx_numerator IS NULL) + (fx_denominator IS NULL)
        + (fx_source IS NULL) + (fx_as_of IS NULL) IN (0, 4)),
    CONSTRAINT payments_parent_of_refund CHECK ((kind = 'refund') = (parent_id IS NOT NULL)),
    CONSTRAINT payments_captured_hold CHECK (captured_minor IS NULL OR hold),
    CONSTRAINT payments_captured_within
        CHECK (captured_minor <= coalesce(debit_minor, amount_minor)),
    CONSTRAINT payments_refunded_within CHECK (
        refunded_minor + refunding_minor <= coalesce(captured_minor, debit_minor, amount_minor)),
    CONSTRAINT payments_authorized_until
        CHECK (status <> 'AUTHORIZED' OR (hold AND expires_at IS NOT NULL)),
    CONSTRAINT payments_reference_key UNIQUE (merchant_id, reference)
) STRICT;

INSERT INTO new_payments (id, kind, merchant_id, caller_id, amount_minor, currency, source_id,
    destination_id, reference, idempotency_key, request_hash, metadata, status, failure_code,
    failure_detail, attempts, lease_until, redeliveries, parked_at, parked_reason, transitions,
    created_at, updated_at)
SELECT id, kind, merchant_id, caller_id, amount_minor, currency, source_id, destination_id,
    reference, idempotency_key, request_hash, metadata, status, failure_code, failure_detail,
    attempts, lease_until, redeliveries, parked_at, parked_reason, transitions, created_at,
    updated_at
FROM payments;

DROP TABLE payments;
ALTER TABLE new_payments RENAME TO payments;

-- A key is unique per caller and operation; most payments of some callers have none.
CREATE UNIQUE INDEX payments_idempotency_key ON payments (caller_id, kind, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- The few that were set aside: what an operator lists.
CREATE INDEX payments_parked ON payments (id) WHERE parked_at IS NOT NULL;

CREATE UNIQUE INDEX payments_quote ON payments (quote_id) WHERE quote_id IS NOT NULL;
CREATE INDEX payments_parent ON payments (parent_id) WHERE parent_id IS NOT NULL;

-- Finds what is new since the last proof.
CREATE INDEX journal_entries_at ON journal_entries (at);

-- How far the ledger has been proved, and when a worker last began to. One row.
CREATE TABLE ledger_proof (
    one       INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    proved_to INTEGER NOT NULL,
    begun_at  INTEGER NOT NULL,
    under_way INTEGER NOT NULL DEFAULT 0 CHECK (under_way IN (0, 1))
) STRICT;
INSERT INTO ledger_proof (proved_to, begun_at) VALUES (0, 0);
