-- Takes everything of 0001 back, data included.
DROP TABLE due;
DROP TABLE postings;
DROP TABLE journal_entries;
DROP TABLE payment_transitions;
DROP TABLE payments;
DROP TABLE accounts;
DROP FUNCTION refuse_unbalanced;
DROP FUNCTION refuse_change;
