"""Having what an organization does come one after the other, where no row stands for it."""

from django.db import connection


def one_at_a_time(what: str, organization_id: int) -> None:
    """Wait for whoever is at it, and keep others waiting until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [what, organization_id])
