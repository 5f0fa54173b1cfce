-- Takes everything of 0001 back, data included. What refers goes before what it refers to.
DROP TABLE ledger_proof;
DROP TABLE due;
DROP TABLE watches;
DROP TABLE postings;
DROP TABLE payment_transitions;
DROP TABLE payment_states;
DROP TABLE payments;
DROP TABLE fx_quotes;
DROP TABLE accounts;
DROP FUNCTION keep_state;
DROP FUNCTION use_quote;
DROP FUNCTION refer_to_accounts;
DROP FUNCTION refer_to_payments;
DROP FUNCTION refuse_broken_entries;
DROP FUNCTION refuse_change;
DROP FUNCTION refuse_if_posted;
DROP FUNCTION refuse_malformed;
