-- What has come of the payments.
INSERT INTO payment_transitions (payment_id, seq, from_status, to_status, actor, reason, at)
SELECT pg_temp.id(2, n), 1, 'PENDING', CASE WHEN n % 2 = 0 THEN 'AUTHORIZED' ELSE 'SUCCESS' END,
    'worker', 'settled', pg_temp.at(n)
FROM generate_series(0, 999999) AS n;

INSERT INTO postings (account_id, account_seq, payment_id, transition_seq, amount_minor, currency,
    balance_after_minor)
SELECT pg_temp.id(1, 50000 + n % 50000), n / 50000 + 1, pg_temp.id(2, n), 1, -100, 'USD', 0
FROM generate_series(1, 999999, 2) AS n
UNION ALL
SELECT pg_temp.id(1, 28), n / 2 + 1, pg_temp.id(2, n), 1, 100, 'USD', 0
FROM generate_series(1, 999999, 2) AS n;

-- Of the 10,000 in flight half are due, and half are watched, ten at a time.
INSERT INTO due (payment_id, republish_at, accepted_at)
SELECT pg_temp.id(2, n), CASE WHEN n < 980000 THEN timestamptz '2099-01-01 00:00:00Z' ELSE pg_temp.at(n) END,
    CASE WHEN n >= 980000 THEN pg_temp.at(n) END
FROM generate_series(0, 989998, 2) AS n;

INSERT INTO watches (payment_ids, made_at)
SELECT array_agg(pg_temp.id(2, n)), pg_temp.at(min(n)) FROM generate_series(990000, 999998, 2) AS n
GROUP BY n / 20;

-- As autovacuum does when a range of pages is full.
SELECT brin_summarize_new_values('payment_transitions_at');
