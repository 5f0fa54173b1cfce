-- Takes everything of 0002 back. It refuses while there are wallets, or payments without a
-- reference: 0001 has no room for them.
DROP TABLE ledger_proof;
DROP INDEX journal_entries_at;
ALTER TABLE payments
    ALTER COLUMN reference SET NOT NULL,
    DROP COLUMN debit_minor,
    DROP COLUMN debit_currency,
    DROP COLUMN credit_minor,
    DROP COLUMN credit_currency,
    DROP COLUMN fx_numerator,
    DROP COLUMN fx_denominator,
    DROP COLUMN fx_source,
    DROP COLUMN fx_as_of,
    DROP COLUMN quote_id,
    DROP COLUMN parent_id,
    DROP COLUMN hold,
    DROP COLUMN captured_minor,
    DROP COLUMN refunded_minor,
    DROP COLUMN refunding_minor,
    DROP COLUMN expires_at,
    DROP COLUMN description,
    DROP COLUMN tx_date;
DROP TABLE fx_quotes;
ALTER TABLE accounts
    DROP CONSTRAINT accounts_at_most_one_role,
    ADD CONSTRAINT accounts_one_role CHECK (num_nonnulls(system_code, merchant_id) = 1),
    DROP COLUMN name,
    DROP COLUMN alias,
    DROP COLUMN metadata,
    DROP COLUMN request_hash,
    DROP COLUMN closed_at;
