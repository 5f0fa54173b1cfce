-- Takes everything of 0001 back, data included. Dropping a table deletes its rows, which the
-- triggers and the foreign keys would refuse in another order.
DROP TABLE ledger_proof;
DROP TRIGGER postings_never_go;
DROP TRIGGER journal_entries_never_go;
DROP TRIGGER payment_transitions_never_go;
DROP TABLE due;
DROP TABLE watches;
DROP TABLE postings;
DROP TABLE journal_entries;
DROP TABLE payment_transitions;
DROP TABLE payment_states;
DROP TABLE payments;
DROP TABLE fx_quotes;
DROP TABLE accounts;
