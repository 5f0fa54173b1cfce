-- 28 of the system, 1,000 for the charges of merchants, the rest wallets: half of them of one merchant,
-- a few of another, the others of a user each, and each 1,000th is of a rare currency.
INSERT INTO accounts (id, number, currency, system_code, owner, for_charges, overdraft, alias, key_hash,
    last_seq)
SELECT pg_temp.id(1, n), lpad(n::text, 12, '0'),
    CASE WHEN n < 28 THEN (ARRAY['IDR', 'USD', 'SGD', 'EUR', 'GBP', 'ETB', 'JPY'])[n / 4 + 1]
        WHEN n % 1000 = 500 THEN 'KWD' ELSE 'USD' END,
    CASE WHEN n < 28 THEN (ARRAY['acquirer', 'bank', 'fx_liquidity', 'opening_equity'])[n % 4 + 1] END,
    CASE WHEN n < 28 THEN NULL WHEN n < 1028 THEN 'merchant:m' || n
        WHEN n % 2 = 0 THEN 'merchant:m28' WHEN n % 10000 = 501 THEN 'merchant:rare'
        ELSE 'user:' || pg_temp.id(1, n) END,
    n BETWEEN 28 AND 1027, true,
    CASE WHEN n < 1028 THEN NULL WHEN n % 2 = 0 OR n % 10000 = 501 THEN 'wallet-' || n ELSE 'main' END,
    CASE WHEN n >= 1028 THEN lpad(to_hex(n), 32, '0')::uuid END,
    CASE WHEN n = 28 THEN 500000 WHEN n >= 50000 THEN n % 2 * 20 ELSE 0 END
FROM generate_series(0, 99999) AS n;

INSERT INTO fx_quotes (id, base, quote, numerator, denominator, source, as_of, expires_at, used, key_hash,
    request_hash)
SELECT pg_temp.id(3, n), 'USD', 'EUR', 1, 2, 'fill', pg_temp.at(n), pg_temp.at(n), n % 2 = 0,
    lpad(to_hex(n), 32, '0')::uuid, decode(repeat('00', 32), 'hex')
FROM generate_series(0, 99999) AS n;

-- Of every 100 one is a refund of the one before, and of every 20 one used a quote.
INSERT INTO payments (id, kind, owner, asked_by, amount_minor, currency, source_id,
    destination_id, reference, key_hash, request_hash, status, failure_code, failure_detail,
    transitions, hold, expires_at, parent_id, quote_id, parked_at, parked_reason, created_at, updated_at)
SELECT pg_temp.id(2, n), CASE WHEN n % 100 = 51 THEN 'refund' ELSE 'transfer' END,
    CASE WHEN n % 1000 = 7 THEN 'merchant:rare' ELSE 'merchant:default' END, 'operator', 100,
    CASE WHEN n % 10000 = 9 THEN 'KWD' ELSE 'USD' END,
    pg_temp.id(1, 50000 + n % 50000), pg_temp.id(1, 28),
    'reference ' || n, lpad(to_hex(n), 32, '0')::uuid, decode(repeat('00', 32), 'hex'),
    CASE WHEN n % 50000 = 25000 THEN 'MANUAL_REVIEW' WHEN n % 50000 = 25001 THEN 'FAILED'
        WHEN n % 2 = 1 THEN 'SUCCESS' WHEN n < 980000 THEN 'AUTHORIZED' ELSE 'PENDING' END,
    CASE WHEN n % 50000 = 25001 THEN 'declined' END, CASE WHEN n % 50000 = 25001 THEN 'no' END,
    1, n % 2 = 0, CASE WHEN n % 2 = 0 THEN timestamptz '2099-01-01 00:00:00Z' END,
    CASE WHEN n % 100 = 51 THEN pg_temp.id(2, n - 1) END,
    CASE WHEN n % 20 = 3 THEN pg_temp.id(3, n / 20 * 2) END,
    CASE WHEN n % 50000 = 0 THEN pg_temp.at(n) END, CASE WHEN n % 50000 = 0 THEN 'poison' END,
    pg_temp.at(n), pg_temp.at(n)
FROM generate_series(0, 999999) AS n;

INSERT INTO payment_states (payment_id, status, owner, kind, currency, created_at)
SELECT id, status, owner, kind, currency, created_at FROM payments
WHERE status NOT IN ('PENDING', 'PROCESSING', 'SUCCESS');
