-- The whole schema as it was first installed: accounts, quotes, payments, timelines, the journal, the
-- sweeper's due list, and how far the ledger is proved. From here on migrations only go forward.
--
-- Money is BIGINT minor units with its ISO 4217 currency beside it. Times are set by this server's
-- clock. All states and kinds of the design are admitted from the start, so that later kinds need no
-- rewrite of the hot table. No index on payments names a column that settlement changes, and its
-- pages keep room for the two versions of a row that claim and settlement write: that keeps its
-- updates HOT (with full pages, one in ten was).
--
-- What every payment pays for is looked at once a statement, for all its rows together, by triggers at
-- the end: foreign keys of the tables that every payment is written to, and that entries balance. Texts
-- that machines write and that are indexed or compared there are in the collation "C". CHECKs of a
-- table are evaluated at each update of any of its columns: none of accounts or payments is a regular
-- expression, which costs up to a thousand times what a comparison does.

-- What a value of payments may be, by the name of what it is. PostgreSQL keeps a domain's rule ready for
-- use; it reads the CHECKs of a table anew for each statement that writes to it.
-- VALUE is in the database's collation, whatever the domain's is.
CREATE DOMAIN currency_code AS text COLLATE "C"
    CHECK (octet_length(VALUE) = 3 AND VALUE COLLATE "C" BETWEEN 'AAA' AND 'ZZZ');
CREATE DOMAIN owner_name AS text COLLATE "C"
    CHECK (octet_length(VALUE) <= 73 AND (VALUE LIKE 'merchant:_%' OR VALUE LIKE 'user:_%'));
CREATE DOMAIN payment_kind AS text COLLATE "C"
    CHECK (VALUE IN ('charge', 'transfer', 'payout', 'deposit', 'refund', 'opening'));
CREATE DOMAIN payment_status AS text COLLATE "C"
    CHECK (VALUE IN ('PENDING', 'PROCESSING', 'AUTHORIZED', 'MANUAL_REVIEW', 'SUCCESS', 'FAILED',
                     'REVERSED', 'VOIDED', 'EXPIRED'));
CREATE DOMAIN more_than_zero AS bigint CHECK (VALUE > 0);
CREATE DOMAIN zero_or_more AS bigint CHECK (VALUE >= 0);
CREATE DOMAIN tally AS integer CHECK (VALUE >= 0);
CREATE DOMAIN short_text AS text CHECK (char_length(VALUE) BETWEEN 1 AND 255);
CREATE DOMAIN reference_text AS text COLLATE "C" CHECK (char_length(VALUE) BETWEEN 1 AND 255);
-- JSON as the client wrote it: jsonb would reorder keys and refuse some numbers.
CREATE DOMAIN metadata_text AS text CHECK (octet_length(VALUE) <= 4096);
CREATE DOMAIN hash_of_request AS bytea CHECK (octet_length(VALUE) = 32);

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    number        text COLLATE "C" NOT NULL UNIQUE,
    currency      text COLLATE "C" NOT NULL,
    -- Whose it is: the house's own, or its owner's, a wallet or where a merchant's charges arrive.
    system_code   text COLLATE "C"
        CHECK (system_code IN ('acquirer', 'bank', 'fx_liquidity', 'opening_equity')),
    owner         text COLLATE "C",
    for_charges   boolean NOT NULL DEFAULT false,
    name          short_text,
    -- What its owner calls it; what was asked for tells a repeated request from another.
    alias         text COLLATE "C",
    key_hash      uuid,
    request_hash  hash_of_request,
    metadata      metadata_text,
    posted_minor  bigint NOT NULL DEFAULT 0,
    held_minor    bigint NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    overdraft     boolean NOT NULL,
    last_seq      bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_entry_at timestamptz,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at     timestamptz,
    CONSTRAINT accounts_one_owner CHECK (num_nonnulls(system_code, owner) = 1),
    CONSTRAINT accounts_charges_of_merchants CHECK (NOT for_charges OR owner LIKE 'merchant:%'),
    CONSTRAINT accounts_never_overdrawn CHECK (overdraft OR posted_minor - held_minor >= 0),
    CONSTRAINT accounts_closed_empty
        CHECK (closed_at IS NULL OR (posted_minor = 0 AND held_minor = 0)),
    CONSTRAINT accounts_system_key UNIQUE (system_code, currency),
    CONSTRAINT accounts_alias_key UNIQUE (owner, alias)
);

-- The form of what identifies an account, looked at when that is written and not with each balance.
CREATE FUNCTION refuse_malformed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'malformed: % % % %', NEW.number, NEW.currency, NEW.owner, NEW.alias
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER well_formed BEFORE INSERT OR UPDATE OF number, currency, owner, alias ON accounts
    FOR EACH ROW WHEN (NOT (NEW.number ~ '^[0-9]{12}$' AND NEW.currency ~ '^[A-Z]{3}$'
        AND coalesce(NEW.owner ~ '^(merchant:[a-z0-9][a-z0-9._-]{0,63}|user:[0-9a-f-]{36})$', true)
        AND coalesce(NEW.alias ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', true)))
    EXECUTE FUNCTION refuse_malformed();

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
    id          uuid PRIMARY KEY,
    base        text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
    quote       text NOT NULL CHECK (quote ~ '^[A-Z]{3}$'),
    numerator   bigint NOT NULL CHECK (numerator > 0),
    denominator bigint NOT NULL CHECK (denominator > 0),
    source      text NOT NULL,
    as_of       timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used        boolean NOT NULL DEFAULT false,
    -- Whom it is promised to, the house if nobody; under which key it was asked for, and how.
    owner        text CHECK (owner ~ '^(merchant:[a-z0-9][a-z0-9._-]{0,63}|user:[0-9a-f-]{36})$'),
    key_hash     uuid,
    request_hash hash_of_request,
    CONSTRAINT fx_quotes_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL))
);

CREATE UNIQUE INDEX fx_quotes_key ON fx_quotes (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX fx_quotes_unused ON fx_quotes (expires_at) WHERE NOT used;

CREATE TABLE payments (
    id                  uuid PRIMARY KEY,
    kind                payment_kind NOT NULL,
    -- Whose it is, and who asked for it: the owner, or somebody of the house.
    owner               owner_name NOT NULL,
    asked_by            text NOT NULL,
    amount_minor        more_than_zero NOT NULL,
    currency            currency_code NOT NULL,
    -- Debit and credit only where they differ from the amount, the rate only where one was needed.
    debit_minor         zero_or_more,
    debit_currency      currency_code,
    credit_minor        more_than_zero,
    credit_currency     currency_code,
    fx_numerator        more_than_zero,
    fx_denominator      more_than_zero,
    fx_source           text,
    fx_as_of            timestamptz,
    quote_id            uuid REFERENCES fx_quotes (id),
    -- Accounts: `refers_to_accounts`.
    source_id           uuid NOT NULL,
    destination_id      uuid NOT NULL,
    -- What a refund is of.
    parent_id           uuid REFERENCES payments (id),
    reference           reference_text,
    -- A hash of who asked, for what, and under which key: 16 bytes, as of a UUID, though it is none.
    key_hash            uuid,
    request_hash        hash_of_request,
    metadata            metadata_text,
    description         short_text,
    tx_date             timestamptz,
    hold                boolean NOT NULL DEFAULT false,
    -- From here on what settlement changes (and, of the above, the debit of a refund).
    status              payment_status NOT NULL DEFAULT 'PENDING',
    failure_code        text,
    failure_detail      text,
    attempts            tally NOT NULL DEFAULT 0,
    lease_until         timestamptz,
    redeliveries        tally NOT NULL DEFAULT 0,
    parked_at           timestamptz,
    parked_reason       text,
    transitions         tally NOT NULL DEFAULT 0,
    captured_minor      more_than_zero,
    refunded_minor      zero_or_more NOT NULL DEFAULT 0,
    refunding_minor     zero_or_more NOT NULL DEFAULT 0,
    -- When a hold ends.
    expires_at          timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_two_accounts CHECK (source_id <> destination_id),
    CONSTRAINT payments_key_with_hash CHECK ((key_hash IS NULL) = (request_hash IS NULL)),
    CONSTRAINT payments_failure_when_failed CHECK ((status = 'FAILED') = (failure_code IS NOT NULL)),
    CONSTRAINT payments_failure_whole CHECK ((failure_code IS NULL) = (failure_detail IS NULL)),
    CONSTRAINT payments_parked_with_reason CHECK ((parked_at IS NULL) = (parked_reason IS NULL)),
    CONSTRAINT payments_both_sides
        CHECK (num_nonnulls(debit_minor, debit_currency, credit_minor, credit_currency) IN (0, 4)),
    CONSTRAINT payments_whole_rate
        CHECK (num_nonnulls(fx_numerator, fx_denominator, fx_source, fx_as_of) IN (0, 4)),
    CONSTRAINT payments_parent_of_refund CHECK ((kind = 'refund') = (parent_id IS NOT NULL)),
    CONSTRAINT payments_captured_hold CHECK (captured_minor IS NULL OR hold),
    CONSTRAINT payments_captured_within
        CHECK (captured_minor <= coalesce(debit_minor, amount_minor)),
    CONSTRAINT payments_refunded_within CHECK (
        refunded_minor + refunding_minor <= coalesce(captured_minor, debit_minor, amount_minor)),
    CONSTRAINT payments_authorized_until
        CHECK (status <> 'AUTHORIZED' OR (hold AND expires_at IS NOT NULL))
) WITH (fillfactor = 40);

-- Most payments of some clients have no key, and most of others no reference. In this order it finds one of
-- an owner as well as all of that reference.
CREATE UNIQUE INDEX payments_key ON payments (key_hash) WHERE key_hash IS NOT NULL;
CREATE UNIQUE INDEX payments_reference ON payments (reference, owner) WHERE reference IS NOT NULL;

-- The few that were set aside: what an operator lists. Settlement never changes parked_at.
CREATE INDEX payments_parked ON payments (id) WHERE parked_at IS NOT NULL;

-- What is listed, newest first, of an owner and of all owners: each kind and currency by itself. A list
-- of several is merged from these, so that none is searched for what is rare.
CREATE INDEX payments_of_owner ON payments (owner, kind, currency, id);
CREATE INDEX payments_of_all ON payments (kind, currency, id);

CREATE UNIQUE INDEX payments_quote ON payments (quote_id) WHERE quote_id IS NOT NULL;
CREATE INDEX payments_parent ON payments (parent_id) WHERE parent_id IS NOT NULL;

-- Whoever writes a payment marks its quote, so that what is to go is found without looking through
-- what stays.
CREATE FUNCTION use_quote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE fx_quotes SET used = true WHERE id = NEW.quote_id;
    RETURN NULL;
END $$;

CREATE TRIGGER uses_quote AFTER INSERT ON payments
    FOR EACH ROW WHEN (NEW.quote_id IS NOT NULL) EXECUTE FUNCTION use_quote();

-- The payments that are in a state that few are in, or few for long: what is neither in flight (that
-- is due, watched or parked) nor SUCCESS. A list of such a state is read from here. The columns but
-- status are the payment's own, which never change.
CREATE TABLE payment_states (
    payment_id  uuid PRIMARY KEY REFERENCES payments (id),
    status      text COLLATE "C" NOT NULL CHECK (status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS')),
    owner       text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE INDEX payment_states_of_owner
    ON payment_states (owner, status, kind, currency, payment_id);
CREATE INDEX payment_states_of_all ON payment_states (status, kind, currency, payment_id);

-- Kept by whoever writes a payment. What goes straight to SUCCESS pays for a comparison only.
CREATE FUNCTION keep_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN ('PENDING', 'PROCESSING', 'SUCCESS') THEN
        DELETE FROM payment_states WHERE payment_id = NEW.id;
    ELSE
        INSERT INTO payment_states (payment_id, status, owner, kind, currency, created_at)
        VALUES (NEW.id, NEW.status, NEW.owner, NEW.kind, NEW.currency, NEW.created_at)
        ON CONFLICT (payment_id) DO UPDATE SET status = excluded.status;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER keeps_first_state AFTER INSERT ON payments
    FOR EACH ROW WHEN (NEW.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS'))
    EXECUTE FUNCTION keep_state();
CREATE TRIGGER keeps_state AFTER UPDATE OF status ON payments
    FOR EACH ROW WHEN (OLD.status <> NEW.status
        AND (OLD.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS')
            OR NEW.status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS')))
    EXECUTE FUNCTION keep_state();

-- The timeline. A step that moved money has postings: they are its journal entry.
CREATE TABLE payment_transitions (
    payment_id  uuid NOT NULL,
    seq         integer NOT NULL CHECK (seq > 0),
    from_status text NOT NULL,
    to_status   text NOT NULL,
    actor       text NOT NULL,
    reason      text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (payment_id, seq)
);

-- Steps are made in the order of their time, near enough for the smallest of indexes: it finds what
-- is new since the last proof.
CREATE INDEX payment_transitions_at ON payment_transitions
    USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- Each refers to its step and to an account of its currency: `whole_entries`.
CREATE TABLE postings (
    account_id          uuid NOT NULL,
    account_seq         bigint NOT NULL CHECK (account_seq > 0),
    payment_id          uuid NOT NULL,
    transition_seq      integer NOT NULL,
    amount_minor        bigint NOT NULL,
    currency            text COLLATE "C" NOT NULL,
    balance_after_minor bigint NOT NULL,
    PRIMARY KEY (account_id, account_seq),
    -- Reading an entry's postings, and one posting per account in an entry.
    CONSTRAINT postings_entry_account_key UNIQUE (payment_id, transition_seq, account_id)
);

-- What was accepted together, until the sweeper has looked whether a worker has it in hand: written
-- by the statement that accepts, so that no payment is forgotten whatever dies before its hint is
-- published. One row a batch, for it is read once and then gone.
CREATE TABLE watches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_ids uuid[] NOT NULL CHECK (cardinality(payment_ids) > 0),
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX watches_made_at ON watches (made_at);

-- Payments that are not at their end and whose hint may have been lost, or that are to be tried
-- again: the sweeper's list. accepted_at is that of the payment while somebody waits for it, which
-- nobody does for a hold. Rewritten all the time, hence the low fillfactor.
CREATE TABLE due (
    payment_id   uuid PRIMARY KEY,
    republish_at timestamptz NOT NULL,
    republished  tally NOT NULL DEFAULT 0,
    accepted_at  timestamptz
) WITH (fillfactor = 50);

CREATE INDEX due_republish_at ON due (republish_at);
CREATE INDEX due_accepted_at ON due (accepted_at) WHERE accepted_at IS NOT NULL;

-- How far the ledger has been proved, and when a worker last began to. One row.
CREATE TABLE ledger_proof (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    proved_to timestamptz NOT NULL,
    begun_at  timestamptz NOT NULL,
    under_way boolean NOT NULL DEFAULT false
);
INSERT INTO ledger_proof (proved_to, begun_at) VALUES ('epoch', 'epoch');

-- The journal and the timelines are append-only, whoever asks. What they and payments refer to never
-- goes and never changes what it is referred to by, so that it need not be locked to be referred to.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was written stays', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stays BEFORE UPDATE OF id OR DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stays BEFORE UPDATE OF id, source_id, destination_id OR DELETE OR TRUNCATE ON payments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_if_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM postings WHERE account_id = NEW.id) THEN
        RAISE EXCEPTION 'account % has postings in %', NEW.id, OLD.currency
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keeps_currency BEFORE UPDATE OF currency ON accounts
    FOR EACH ROW WHEN (NEW.currency <> OLD.currency) EXECUTE FUNCTION refuse_if_posted();

-- What follows does the work of foreign keys. Each finds the rows, of all that a statement wrote, that
-- refer to nothing.
CREATE FUNCTION refer_to_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added p
        LEFT JOIN accounts s ON s.id = p.source_id
        LEFT JOIN accounts d ON d.id = p.destination_id
        WHERE s.id IS NULL OR d.id IS NULL
    ) THEN
        RAISE EXCEPTION 'payments between accounts that are missing'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER refers_to_accounts AFTER INSERT ON payments REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refer_to_accounts();

CREATE FUNCTION refer_to_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added LEFT JOIN payments p ON p.id = added.payment_id WHERE p.id IS NULL
    ) THEN
        RAISE EXCEPTION '% of payments that are missing', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER refers_to_payments AFTER INSERT ON payment_transitions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refer_to_payments();
CREATE TRIGGER refers_to_payments AFTER INSERT ON due
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refer_to_payments();
CREATE TRIGGER stays BEFORE UPDATE OF payment_id ON due
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Besides, each statement that writes postings writes whole entries that sum to zero per currency. Core
-- decides this before; the database refuses what slipped past it.
CREATE FUNCTION refuse_broken_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added l
        LEFT JOIN accounts a ON a.id = l.account_id
        LEFT JOIN payment_transitions t
            ON t.payment_id = l.payment_id AND t.seq = l.transition_seq
        WHERE a.currency IS DISTINCT FROM l.currency OR t.seq IS NULL
    ) THEN
        RAISE EXCEPTION 'postings without a step, or to accounts that are missing or of another currency'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (
        SELECT FROM added GROUP BY payment_id, transition_seq, currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'postings do not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER whole_entries AFTER INSERT ON postings REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_broken_entries();
