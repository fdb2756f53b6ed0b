"""Addresses of many rows of one kind: asked of the resolver once, then filled in."""

from functools import lru_cache

from django.urls import reverse

GAP = 111_111_111_111_111_111


@lru_cache(maxsize=1000)
def _around(name: str, organization_slug: str) -> list[str]:
    return reverse(name, args=[organization_slug, GAP]).split(str(GAP))


def address_of(name: str, organization_slug: str, pk: int) -> str:
    """The address called `name` of an organization's row; the name takes both, and nothing else."""
    before, after = _around(name, organization_slug)
    return f"{before}{pk}{after}"
