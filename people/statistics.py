"""What the planner knows of tables, brought up to date after large writes: autovacuum would come a minute later.

`docker/postgres/roles.sql` lets the application do so from PostgreSQL 17 on; before, the server only warns.
"""

from django.db import connection, models
from psycopg.sql import SQL, Identifier

LARGE = 10_000
"""From so many new rows on it is worth while."""


def refresh_statistics(*written: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        for model in written:
            cursor.execute(SQL("ANALYZE {}").format(Identifier(model._meta.db_table)).as_string(None))
