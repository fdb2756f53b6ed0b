-- The roles of Lapel and what each may do, in one place for the demo, the tests and the containers.
-- For psql, as a superuser; may run again at any time:  psql -v database=lapel -f roles.sql
-- Passwords are set elsewhere: the servers of the demo have none, they listen on a private socket only.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['lapel_owner', 'lapel_app', 'lapel_backup']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- Owns the database and every table; migrations run as it, nothing else does.
ALTER ROLE lapel_owner LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- What the web server and the workers are: owns nothing, bound by row security.
ALTER ROLE lapel_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- Reads every row of every organization, and writes none.
ALTER ROLE lapel_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
GRANT pg_read_all_data TO lapel_backup;

SELECT format('CREATE DATABASE %I OWNER lapel_owner', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO lapel_app, lapel_backup;

\connect :"database"
SET client_min_messages = warning;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO lapel_app, lapel_backup;

ALTER DEFAULT PRIVILEGES FOR ROLE lapel_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lapel_app;
ALTER DEFAULT PRIVILEGES FOR ROLE lapel_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO lapel_app;
ALTER DEFAULT PRIVILEGES FOR ROLE lapel_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO lapel_app;
-- ANALYZE after large writes.
SELECT 'GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO lapel_app'
WHERE current_setting('server_version_num')::int >= 170000 \gexec
SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE lapel_owner IN SCHEMA public GRANT MAINTAIN ON TABLES TO lapel_app'
WHERE current_setting('server_version_num')::int >= 170000 \gexec
