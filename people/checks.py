"""What must be so before Lapel serves anybody."""

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

ROLE = """
SELECT rolsuper, rolbypassrls,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relowner = r.oid AND n.nspname = 'public')
FROM pg_roles r WHERE rolname = current_user
"""
FAULTS = ("is a superuser", "may bypass row-level security", "owns tables")


def refuse_unsafe_role() -> None:
    """Raise `ImproperlyConfigured` where row-level security would not bind the role of DATABASE_URL."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        row = cursor.fetchone() or (True, True, True)
    faults = [fault for true, fault in zip(row, FAULTS, strict=True) if true]
    if faults:
        raise ImproperlyConfigured(
            f"The database role of DATABASE_URL {' and '.join(faults)}; Lapel runs only as a role "
            "that is and does none of this (docs/operations.md)."
        )
