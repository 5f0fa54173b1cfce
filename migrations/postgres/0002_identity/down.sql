-- Takes everything of 0002 back, data included.
DROP TABLE audit_log;
DROP TABLE api_keys;
DROP TABLE merchants;
