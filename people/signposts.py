"""Where the numbers, external ids and addresses of merged records lead."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from django.shortcuts import get_object_or_404

from people.models import Organization, Person

if TYPE_CHECKING:
    from people.bulk import PersonRow


def kept_record(viewer: Person, person_id: int) -> Person:
    """Whose record it is that was merged away; not found where it was not."""
    merged = Person.objects.filter(organization=viewer.organization_id, merged_into__isnull=False)
    found = get_object_or_404(merged.select_related("merged_into"), pk=person_id)
    return cast(Person, found.merged_into)


def led_on(organization: Organization, rows: "Sequence[PersonRow]") -> "list[PersonRow | None]":
    """Rows under the ids that are kept; None for those of a merged record whose kept one is among the rows itself."""
    merged = Person.objects.filter(organization=organization, merged_into__isnull=False)
    leads = dict(merged.values_list("external_id", "merged_into__external_id"))
    if not leads:
        return list(rows)
    named = {row.external_id for row in rows}
    return [
        None
        if leads.get(row.external_id) in named
        else replace(
            row,
            external_id=leads.get(row.external_id, row.external_id),
            manager=leads.get(row.manager, row.manager),
        )
        for row in rows
    ]


def free_addresses(wanted: Mapping[int, str]) -> None:
    """Whoever takes up an address that leads to them, by number: their signpost gives it away."""
    for signpost in Person.objects.filter(merged_into__in=list(wanted)).exclude(email=""):
        if signpost.email.lower() == wanted[signpost.merged_into_id or 0].lower():
            signpost.email = ""
            signpost.save(update_fields=["email", "folded"])
