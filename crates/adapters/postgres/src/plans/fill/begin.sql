-- A million payments, so that a plan that reads too much is seen. Ids tell what a row is and which:
-- 1 an account, 2 a payment, 3 a quote. Half of the payments are settled; each settled one has an
-- entry that debits one of 50,000 wallets in turn and credits one busy merchant. Most others are held,
-- and due much later; the newest are in flight. Triggers and foreign keys are out of force: they would take most of the time.
SET session_replication_role = replica;
SET synchronous_commit = off;

CREATE FUNCTION pg_temp.id(kind bigint, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (kind || '0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.at(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamptz '2020-01-01 00:00:00Z' + n * interval '1 second' $$;
