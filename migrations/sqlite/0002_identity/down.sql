-- Takes everything of 0002 back, data included. Dropping a table deletes its rows.
DROP TRIGGER audit_log_never_goes;
DROP TABLE audit_log;
DROP TABLE api_keys;
DROP TABLE merchants;
