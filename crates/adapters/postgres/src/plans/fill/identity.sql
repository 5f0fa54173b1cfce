-- Half of the keys are one merchant's, and half of the audit log is one principal's, one action and one
-- target's; what is rare is so everywhere.
INSERT INTO merchants (id, created_by, key_hash, request_hash)
SELECT 'm' || n, 'operator', lpad(to_hex(n), 32, '0')::uuid, decode(repeat('00', 32), 'hex')
FROM generate_series(0, 49999) AS n;

INSERT INTO api_keys (id, merchant_id, name, secret_hash, hint, scopes, created_by, key_hash,
    request_hash)
SELECT pg_temp.id(4, n), CASE WHEN n % 2 = 0 THEN 'm28' ELSE 'm' || n % 50000 END, 'till',
    sha256(n::text::bytea), 'pgk_00000000', 'payments:read', 'operator',
    lpad(to_hex(n), 32, '0')::uuid, decode(repeat('00', 32), 'hex')
FROM generate_series(0, 99999) AS n;

INSERT INTO audit_log (id, at, principal, action, target)
SELECT pg_temp.id(5, n), pg_temp.at(n),
    CASE WHEN n % 20000 = 7 THEN 'merchant:rare' WHEN n % 2 = 0 THEN 'operator' ELSE 'merchant:m28' END,
    CASE WHEN n % 20000 < 9 THEN 'api-key-revoked' ELSE 'api-key-created' END,
    CASE WHEN n % 2 = 0 THEN 'merchant:m28' ELSE 'merchant:m' || n END
FROM generate_series(0, 199999) AS n;
