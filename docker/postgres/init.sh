#!/bin/sh
# Runs once, when the database container first starts: the roles, the database, and a password for each role.
set -eu

as_superuser() { psql -X --no-password --username "$POSTGRES_USER" --dbname postgres "$@"; }

as_superuser --quiet -v database=lapel -f "${ROLES_SQL:-/lapel/roles.sql}"
as_superuser --quiet -v ON_ERROR_STOP=1 <<'SQL'
\getenv owner OWNER_PASSWORD
\getenv app APP_PASSWORD
\getenv backup BACKUP_PASSWORD
ALTER ROLE lapel_owner PASSWORD :'owner';
ALTER ROLE lapel_app PASSWORD :'app';
ALTER ROLE lapel_backup PASSWORD :'backup';
SQL
