"""Work as a CSV file: the items of a list in its order, one a line."""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched

from django.db.models import Prefetch
from django.utils import timezone

from activity.impact_kinds import impact_kinds
from activity.kinds import saving_unit_of
from activity.listing import Filters, with_verified, work_items
from activity.models import Expectation, ImpactKind, ItemKind, TeamMember, Verification, WorkItem
from people.csv_files import csv_lines
from people.models import Organization, Person
from people.tenancy import tenant

CHUNK = 500
HEADING = (
    "Number", "Kind", "Title", "State", "By", "Led by", "With", "Location", "Submitted", "On", "Completed",
)  # fmt: skip
SAVINGS = ("Expected yearly saving", "Reported", "Verified")


def file_of(reader: Person, filters: Filters) -> Iterator[bytes]:
    """The file chunk by chunk, so that a long list is never held as a whole; which items it has is settled at once."""
    items = array("q", work_items(reader, filters).values_list("pk", flat=True).iterator())
    unit, kinds = saving_unit_of(reader.organization), impact_kinds()
    expected = set(Expectation.objects.order_by().values_list("kind", flat=True).distinct())
    heading = [*HEADING, *(f"{name}, {unit}" if unit else name for name in SAVINGS)]
    for kind in kinds:
        name = ", ".join(filter(None, [kind.name, kind.measured_in(unit)]))
        heading += [f"{name}, expected"] if kind.pk in expected else []
        heading += [name, f"{name}, verified"]
    return _chunks(reader, items, heading, kinds, expected)


def _chunks(
    reader: Person, items: Iterable[int], heading: list[str], kinds: list[ImpactKind], expected: set[int]
) -> Iterator[bytes]:
    yield csv_lines([heading], begins=True)
    for some in batched(items, CHUNK):
        with tenant(reader.organization):
            yield csv_lines(
                [*_cells(item, reader.organization), *_impacts(item, kinds, expected)]
                for item in _read(reader, some)
            )


def _read(reader: Person, some: tuple[int, ...]) -> Iterator[WorkItem]:
    team = Prefetch("team", TeamMember.objects.select_related("person").order_by("pk"))
    looked_at = Verification.objects.filter(withdrawn_at=None, kind__isnull=False)
    more = [team, "impacts", "expectations", Prefetch("verifications", looked_at, to_attr="found")]
    known = with_verified(WorkItem.objects.visible_to(reader)).prefetch_related(*more).in_bulk(some)
    return (known[pk] for pk in some if pk in known)


def _cells(item: WorkItem, organization: Organization) -> Iterable[object]:
    def day(at: datetime | None) -> str:
        return timezone.localdate(at, organization.time_zone).isoformat() if at else ""

    yield item.label
    yield ItemKind(item.kind).label
    yield item.title
    yield item.state_in_words
    yield item.author.name
    yield item.leader.name if item.leader else ""
    yield ", ".join(member.person.name for member in item.team.all())
    yield item.location.name if item.location else ""
    yield day(item.submitted_at)
    yield item.happens_on
    yield day(item.completed_at)
    yield item.expected
    yield item.impact
    yield item.verified  # type: ignore[attr-defined] # of `work_items`


def _impacts(item: WorkItem, kinds: Iterable[ImpactKind], expected: set[int]) -> Iterable[object]:
    """By kind, what was expected, where that is of any, reported and found; of words, whether they hold."""
    foreseen = {one.kind_id: one.said for one in item.expectations.all()}
    said = {impact.kind_id: impact.said for impact in item.impacts.all()}
    found = {row.kind_id: row for row in item.found}  # type: ignore[attr-defined] # of `_read`
    for kind in kinds:
        row = found.get(kind.pk)
        if kind.pk in expected:
            yield foreseen.get(kind.pk)
        yield said.get(kind.pk)
        yield row and (row.value if kind.has_figure else "yes" if row.holds else "no")
