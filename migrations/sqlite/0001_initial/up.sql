-- The whole schema as it was first installed: the tables of the PostgreSQL schema, column for column,
-- for a single file. From here on migrations only go forward.
--
-- Ids are the 16 bytes of the UUID, so that they sort as PostgreSQL's do. Times are microseconds
-- since 1970, set by the process that writes. STRICT, because SQLite would otherwise store a text
-- in an INTEGER column. All states and kinds of the design are admitted from the start: SQLite can't
-- alter a CHECK without rebuilding the table.

CREATE TABLE accounts (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    number        TEXT    NOT NULL UNIQUE CHECK (length(number) = 12 AND number NOT GLOB '*[^0-9]*'),
    currency      TEXT    NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- Whose it is: the house's own, or its owner's, a wallet or where a merchant's charges arrive.
    system_code   TEXT    CHECK (system_code IN ('acquirer', 'bank', 'fx_liquidity', 'opening_equity')),
    owner         TEXT    CHECK (owner GLOB 'merchant:[a-z0-9]*' OR owner GLOB 'user:[0-9a-f]*'),
    for_charges   INTEGER NOT NULL DEFAULT 0 CHECK (for_charges IN (0, 1)),
    name          TEXT    CHECK (length(name) BETWEEN 1 AND 255),
    -- What its owner calls it; what was asked for tells a repeated request from another.
    alias         TEXT    CHECK (length(alias) BETWEEN 1 AND 64 AND alias GLOB '[A-Za-z0-9]*'
        AND alias NOT GLOB '*[^A-Za-z0-9._-]*'),
    key_hash      BLOB    CHECK (length(key_hash) = 16),
    request_hash  BLOB    CHECK (length(request_hash) = 32),
    metadata      TEXT    CHECK (octet_length(metadata) <= 4096),
    posted_minor  INTEGER NOT NULL DEFAULT 0,
    held_minor    INTEGER NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    overdraft     INTEGER NOT NULL CHECK (overdraft IN (0, 1)),
    last_seq      INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_entry_at INTEGER,
    created_at    INTEGER NOT NULL,
    closed_at     INTEGER,
    CONSTRAINT accounts_one_owner CHECK ((system_code IS NULL) <> (owner IS NULL)),
    CONSTRAINT accounts_charges_of_merchants CHECK (NOT for_charges OR owner GLOB 'merchant:*'),
    CONSTRAINT accounts_never_overdrawn CHECK (overdraft OR posted_minor - held_minor >= 0),
    CONSTRAINT accounts_closed_empty
        CHECK (closed_at IS NULL OR (posted_minor = 0 AND held_minor = 0)),
    -- Postings refer to account and currency together, so that neither can differ.
    CONSTRAINT accounts_id_currency_key UNIQUE (id, currency),
    CONSTRAINT accounts_system_key UNIQUE (system_code, currency),
    CONSTRAINT accounts_alias_key UNIQUE (owner, alias)
) STRICT;

CREATE UNIQUE INDEX accounts_key ON accounts (key_hash) WHERE key_hash IS NOT NULL;
CREATE UNIQUE INDEX accounts_for_charges ON accounts (owner, currency) WHERE for_charges;

-- What is listed newest first: of an owner, of a currency, of both, and of one alias of all owners.
CREATE INDEX accounts_of_owner ON accounts (owner, id);
CREATE INDEX accounts_of_currency ON accounts (currency, id);
CREATE INDEX accounts_of_owner_and_currency ON accounts (owner, currency, id);
CREATE INDEX accounts_of_alias ON accounts (alias, id) WHERE alias IS NOT NULL;

-- A rate that was promised: numerator ÷ denominator units of quote for one of base. One that a
-- payment used stays with it; the others go some time after they expire.
CREATE TABLE fx_quotes (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    base        TEXT    NOT NULL CHECK (base GLOB '[A-Z][A-Z][A-Z]'),
    quote       TEXT    NOT NULL CHECK (quote GLOB '[A-Z][A-Z][A-Z]'),
    numerator   INTEGER NOT NULL CHECK (numerator > 0),
    denominator INTEGER NOT NULL CHECK (denominator > 0),
    source      TEXT    NOT NULL,
    as_of       INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used        INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
    -- Whom it is promised to, the house if nobody; under which key it was asked for, and how.
    owner        TEXT   CHECK (owner GLOB 'merchant:[a-z0-9]*' OR owner GLOB 'user:[0-9a-f]*'),
    key_hash     BLOB   CHECK (length(key_hash) = 16),
    request_hash BLOB   CHECK (length(request_hash) = 32),
    CONSTRAINT fx_quotes_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX fx_quotes_key ON fx_quotes (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX fx_quotes_unused ON fx_quotes (expires_at) WHERE NOT used;

CREATE TABLE payments (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind                TEXT    NOT NULL CHECK (kind IN ('charge', 'transfer', 'payout', 'deposit', 'refund', 'opening')),
    -- Whose it is, and who asked for it: the owner, or somebody of the house.
    owner               TEXT    NOT NULL CHECK (owner GLOB 'merchant:[a-z0-9]*' OR owner GLOB 'user:[0-9a-f]*'),
    asked_by            TEXT    NOT NULL,
    amount_minor        INTEGER NOT NULL CHECK (amount_minor > 0),
    currency            TEXT    NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- Debit and credit only where they differ from the amount, the rate only where one was needed.
    debit_minor         INTEGER CHECK (debit_minor >= 0),
    debit_currency      TEXT    CHECK (debit_currency GLOB '[A-Z][A-Z][A-Z]'),
    credit_minor        INTEGER CHECK (credit_minor > 0),
    credit_currency     TEXT    CHECK (credit_currency GLOB '[A-Z][A-Z][A-Z]'),
    fx_numerator        INTEGER CHECK (fx_numerator > 0),
    fx_denominator      INTEGER CHECK (fx_denominator > 0),
    fx_source           TEXT,
    fx_as_of            INTEGER,
    quote_id            BLOB    REFERENCES fx_quotes (id),
    source_id           BLOB    NOT NULL REFERENCES accounts (id),
    destination_id      BLOB    NOT NULL REFERENCES accounts (id),
    -- What a refund is of.
    parent_id           BLOB    REFERENCES payments (id),
    reference           TEXT    CHECK (length(reference) BETWEEN 1 AND 255),
    -- A hash of who asked, for what, and under which key.
    key_hash            BLOB    CHECK (length(key_hash) = 16),
    request_hash        BLOB    CHECK (length(request_hash) = 32),
    -- JSON as the client wrote it.
    metadata            TEXT    CHECK (octet_length(metadata) <= 4096),
    description         TEXT    CHECK (length(description) BETWEEN 1 AND 255),
    tx_date             INTEGER,
    hold                INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),
    -- From here on what settlement changes (and, of the above, the debit of a refund).
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
    captured_minor      INTEGER CHECK (captured_minor > 0),
    refunded_minor      INTEGER NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    refunding_minor     INTEGER NOT NULL DEFAULT 0 CHECK (refunding_minor >= 0),
    -- When a hold ends.
    expires_at          INTEGER,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    CONSTRAINT payments_two_accounts CHECK (source_id <> destination_id),
    CONSTRAINT payments_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL)),
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
    -- In this order it finds one of an owner as well as all of that reference.
    CONSTRAINT payments_reference_key UNIQUE (reference, owner)
) STRICT;

-- Most payments of some clients have no key.
CREATE UNIQUE INDEX payments_key ON payments (key_hash) WHERE key_hash IS NOT NULL;

-- The few that were set aside: what an operator lists.
CREATE INDEX payments_parked ON payments (id) WHERE parked_at IS NOT NULL;

-- What is listed, newest first, of an owner and of all owners: each kind and currency by itself. A list
-- of several is merged from these, so that none is searched for what is rare.
CREATE INDEX payments_of_owner ON payments (owner, kind, currency, id);
CREATE INDEX payments_of_all ON payments (kind, currency, id);

CREATE UNIQUE INDEX payments_quote ON payments (quote_id) WHERE quote_id IS NOT NULL;
CREATE INDEX payments_parent ON payments (parent_id) WHERE parent_id IS NOT NULL;

-- Whoever writes a payment marks its quote, so that what is to go is found without looking through
-- what stays.
CREATE TRIGGER payments_use_quotes AFTER INSERT ON payments WHEN NEW.quote_id IS NOT NULL
BEGIN UPDATE fx_quotes SET used = 1 WHERE id = NEW.quote_id; END;

-- The tables below are read along their keys only, hence WITHOUT ROWID: one tree instead of two.

-- The payments that are in a state that few are in, or few for long: what is neither in flight (that
-- is due, watched or parked) nor SUCCESS. A list of such a state is read from here. The columns but
-- status are the payment's own, which never change.
CREATE TABLE payment_states (
    payment_id  BLOB    NOT NULL PRIMARY KEY REFERENCES payments (id),
    status      TEXT    NOT NULL CHECK (status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS')),
    owner       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_states_of_owner
    ON payment_states (owner, status, kind, currency, payment_id);
CREATE INDEX payment_states_of_all ON payment_states (status, kind, currency, payment_id);

-- Kept by whoever writes a payment.
CREATE TRIGGER payments_keep_first_states AFTER INSERT ON payments
WHEN NEW.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS')
BEGIN
    INSERT INTO payment_states (payment_id, status, owner, kind, currency, created_at)
    VALUES (NEW.id, NEW.status, NEW.owner, NEW.kind, NEW.currency, NEW.created_at);
END;
CREATE TRIGGER payments_keep_states AFTER UPDATE OF status ON payments
WHEN OLD.status <> NEW.status
    AND (OLD.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS')
        OR NEW.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS'))
BEGIN
    DELETE FROM payment_states WHERE payment_id = NEW.id;
    INSERT INTO payment_states (payment_id, status, owner, kind, currency, created_at)
    SELECT NEW.id, NEW.status, NEW.owner, NEW.kind, NEW.currency, NEW.created_at
    WHERE NEW.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS');
END;

CREATE TABLE payment_transitions (
    payment_id  BLOB    NOT NULL REFERENCES payments (id),
    seq         INTEGER NOT NULL CHECK (seq > 0),
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (payment_id, seq)
) STRICT, WITHOUT ROWID;

-- An entry belongs to the transition it was made with.
CREATE TABLE journal_entries (
    payment_id     BLOB    NOT NULL,
    transition_seq INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (payment_id, transition_seq),
    FOREIGN KEY (payment_id, transition_seq) REFERENCES payment_transitions (payment_id, seq)
) STRICT, WITHOUT ROWID;

-- Finds what is new since the last proof.
CREATE INDEX journal_entries_at ON journal_entries (at);

-- Postings are written before their entry, hence the deferred key; see the triggers at the end.
CREATE TABLE postings (
    account_id          BLOB    NOT NULL,
    account_seq         INTEGER NOT NULL CHECK (account_seq > 0),
    payment_id          BLOB    NOT NULL,
    transition_seq      INTEGER NOT NULL,
    amount_minor        INTEGER NOT NULL,
    currency            TEXT    NOT NULL,
    balance_after_minor INTEGER NOT NULL,
    PRIMARY KEY (account_id, account_seq),
    -- Reading an entry's postings, and one posting per account in an entry.
    CONSTRAINT postings_entry_account_key UNIQUE (payment_id, transition_seq, account_id),
    FOREIGN KEY (payment_id, transition_seq) REFERENCES journal_entries (payment_id, transition_seq)
        DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (account_id, currency) REFERENCES accounts (id, currency)
) STRICT, WITHOUT ROWID;

-- What was accepted together, as JSON, until the sweeper has looked whether a worker has it in hand:
-- written with the payments, so that none is forgotten whatever dies before its hint is published.
CREATE TABLE watches (
    id          INTEGER PRIMARY KEY,
    payment_ids TEXT    NOT NULL CHECK (json_valid(payment_ids)),
    made_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX watches_made_at ON watches (made_at);

-- Payments that are not at their end and whose hint may have been lost, or that are to be tried
-- again: the sweeper's list. accepted_at is that of the payment while somebody waits for it, which
-- nobody does for a hold.
CREATE TABLE due (
    payment_id   BLOB    NOT NULL PRIMARY KEY REFERENCES payments (id),
    republish_at INTEGER NOT NULL,
    republished  INTEGER NOT NULL DEFAULT 0 CHECK (republished >= 0),
    accepted_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX due_republish_at ON due (republish_at);
CREATE INDEX due_accepted_at ON due (accepted_at) WHERE accepted_at IS NOT NULL;

-- How far the ledger has been proved, and when a worker last began to. One row.
CREATE TABLE ledger_proof (
    one       INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    proved_to INTEGER NOT NULL,
    begun_at  INTEGER NOT NULL,
    under_way INTEGER NOT NULL DEFAULT 0 CHECK (under_way IN (0, 1))
) STRICT;
INSERT INTO ledger_proof (proved_to, begun_at) VALUES (0, 0);

-- The journal and the timelines are append-only, whoever asks.
CREATE TRIGGER payment_transitions_never_change BEFORE UPDATE ON payment_transitions
BEGIN SELECT RAISE(ABORT, 'payment_transitions is append-only'); END;
CREATE TRIGGER payment_transitions_never_go BEFORE DELETE ON payment_transitions
BEGIN SELECT RAISE(ABORT, 'payment_transitions is append-only'); END;
CREATE TRIGGER journal_entries_never_change BEFORE UPDATE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'journal_entries is append-only'); END;
CREATE TRIGGER journal_entries_never_go BEFORE DELETE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'journal_entries is append-only'); END;
CREATE TRIGGER postings_never_change BEFORE UPDATE ON postings
BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END;
CREATE TRIGGER postings_never_go BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END;

-- Each entry has two or more postings that sum to zero per currency. Core decides this before; the
-- database refuses what slipped past it. SQLite has no triggers per statement, which could look at
-- the postings of an entry together; so the entry is written last and seals what is there.
CREATE TRIGGER journal_entries_balance BEFORE INSERT ON journal_entries
BEGIN
    SELECT RAISE(ABORT, 'an entry has two or more postings') WHERE (
        SELECT count(*) FROM postings
        WHERE payment_id = NEW.payment_id AND transition_seq = NEW.transition_seq) < 2;
    SELECT RAISE(ABORT, 'postings do not sum to zero') WHERE EXISTS (
        SELECT 1 FROM postings
        WHERE payment_id = NEW.payment_id AND transition_seq = NEW.transition_seq
        GROUP BY currency HAVING sum(amount_minor) <> 0);
END;
CREATE TRIGGER postings_of_an_entry_are_whole BEFORE INSERT ON postings
BEGIN
    SELECT RAISE(ABORT, 'the entry is sealed') WHERE EXISTS (
        SELECT 1 FROM journal_entries
        WHERE payment_id = NEW.payment_id AND transition_seq = NEW.transition_seq);
END;
