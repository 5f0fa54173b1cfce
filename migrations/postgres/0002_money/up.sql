-- Wallets, transfers between currencies, holds, refunds and quotes.

-- Wallets have neither a system code nor a merchant. What a client calls an account is unique; what
-- it asked for when it opened one tells a repeated request from another.
ALTER TABLE accounts
    ADD COLUMN name         text CHECK (char_length(name) BETWEEN 1 AND 255),
    ADD COLUMN alias        text CHECK (alias ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    ADD COLUMN metadata     text CHECK (octet_length(metadata) <= 4096),
    ADD COLUMN request_hash bytea CHECK (octet_length(request_hash) = 32),
    ADD COLUMN closed_at    timestamptz,
    DROP CONSTRAINT accounts_one_role,
    ADD CONSTRAINT accounts_at_most_one_role CHECK (num_nonnulls(system_code, merchant_id) <= 1),
    ADD CONSTRAINT accounts_closed_empty
        CHECK (closed_at IS NULL OR (posted_minor = 0 AND held_minor = 0)),
    ADD CONSTRAINT accounts_alias_key UNIQUE (alias);

-- A rate that was promised: numerator ÷ denominator units of quote for one of base.
CREATE TABLE fx_quotes (
    id          uuid PRIMARY KEY,
    base        text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
    quote       text NOT NULL CHECK (quote ~ '^[A-Z]{3}$'),
    numerator   bigint NOT NULL CHECK (numerator > 0),
    denominator bigint NOT NULL CHECK (denominator > 0),
    source      text NOT NULL,
    as_of       timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

-- Debit and credit are kept only where they differ from the amount; the rate only where one was
-- needed. What settlement changes of these (the debit of a refund, what is captured, refunded or
-- about to be, when a hold ends) is in no index.
ALTER TABLE payments
    ALTER COLUMN reference DROP NOT NULL,
    ADD COLUMN debit_minor     bigint CHECK (debit_minor >= 0),
    ADD COLUMN debit_currency  text CHECK (debit_currency ~ '^[A-Z]{3}$'),
    ADD COLUMN credit_minor    bigint CHECK (credit_minor > 0),
    ADD COLUMN credit_currency text CHECK (credit_currency ~ '^[A-Z]{3}$'),
    ADD COLUMN fx_numerator    bigint CHECK (fx_numerator > 0),
    ADD COLUMN fx_denominator  bigint CHECK (fx_denominator > 0),
    ADD COLUMN fx_source       text,
    ADD COLUMN fx_as_of        timestamptz,
    ADD COLUMN quote_id        uuid REFERENCES fx_quotes (id),
    ADD COLUMN parent_id       uuid REFERENCES payments (id),
    ADD COLUMN hold            boolean NOT NULL DEFAULT false,
    ADD COLUMN captured_minor  bigint CHECK (captured_minor > 0),
    ADD COLUMN refunded_minor  bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    ADD COLUMN refunding_minor bigint NOT NULL DEFAULT 0 CHECK (refunding_minor >= 0),
    ADD COLUMN expires_at      timestamptz,
    ADD COLUMN description     text CHECK (char_length(description) BETWEEN 1 AND 255),
    ADD COLUMN tx_date         timestamptz,
    ADD CONSTRAINT payments_both_sides
        CHECK (num_nonnulls(debit_minor, debit_currency, credit_minor, credit_currency) IN (0, 4)),
    ADD CONSTRAINT payments_whole_rate
        CHECK (num_nonnulls(fx_numerator, fx_denominator, fx_source, fx_as_of) IN (0, 4)),
    ADD CONSTRAINT payments_parent_of_refund CHECK ((kind = 'refund') = (parent_id IS NOT NULL)),
    ADD CONSTRAINT payments_captured_hold CHECK (captured_minor IS NULL OR hold),
    ADD CONSTRAINT payments_captured_within
        CHECK (captured_minor <= coalesce(debit_minor, amount_minor)),
    ADD CONSTRAINT payments_refunded_within CHECK (
        refunded_minor + refunding_minor <= coalesce(captured_minor, debit_minor, amount_minor)),
    ADD CONSTRAINT payments_authorized_until
        CHECK (status <> 'AUTHORIZED' OR (hold AND expires_at IS NOT NULL));

CREATE UNIQUE INDEX payments_quote ON payments (quote_id) WHERE quote_id IS NOT NULL;
CREATE INDEX payments_parent ON payments (parent_id) WHERE parent_id IS NOT NULL;

-- Entries are made in the order of their time, near enough for the smallest of indexes: it finds
-- what is new since the last proof.
CREATE INDEX journal_entries_at ON journal_entries
    USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- How far the ledger has been proved, and when a worker last began to. One row.
CREATE TABLE ledger_proof (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    proved_to timestamptz NOT NULL,
    begun_at  timestamptz NOT NULL,
    under_way boolean NOT NULL DEFAULT false
);
INSERT INTO ledger_proof (proved_to, begun_at) VALUES ('epoch', 'epoch');
