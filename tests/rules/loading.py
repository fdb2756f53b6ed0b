"""Random worlds put into PostgreSQL, and the engine's answers in the naive evaluator's words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.db import transaction

from activity.models import Activity, Kind, Source
from badges.counts import recount_badges
from badges.models import Award, Badge, Origin, Revocation
from people.models import Location, Organization, Person, Placement
from people.tenancy import tenant
from rules.criteria import Rule, parse
from rules.engine import Editions, Question, ground, stands
from tests.rules import naive
from tests.rules.naive import Json, Stand, World

MOMENT = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Loaded:
    """A world in the database: its organization, opened, and what each name became."""

    organization: Organization
    people: Mapping[str, Person]
    activities: dict[int, str]
    badges: Mapping[str, Badge]
    moment: datetime = MOMENT

    def timelines(
        self,
        rules: Sequence[Json],
        as_of: datetime,
        people: Iterable[str] | None = None,
        editions: Editions | None = None,
    ) -> dict[str, list[Stand]]:
        book = {rule["id"]: parse(rule) for rule in rules}
        chosen = None if people is None else tuple(self.people[name].pk for name in people)
        question = Question(replace(ground(self.organization), editions=editions or {}), as_of, chosen)
        return {slug: self.timeline(rule, book, question) for slug, rule in book.items()}

    def timeline(self, rule: Rule, book: Mapping[str, Rule], question: Question) -> list[Stand]:
        names = {person.pk: name for name, person in self.people.items()}
        found = [
            Stand(
                names[s.person],
                s.key or None,
                s.starts,
                s.ends,
                tuple(self.activities[i] for i in s.evidence),
            )
            for s in stands(rule, book, question)
        ]
        return sorted(found, key=lambda s: (s.person, s.starts, s.key or ""))


@contextmanager
def loaded(world: World, badges: Iterable[str]) -> Iterator[Loaded]:
    """The world's organization, opened; gone with everything in it when the block ends."""
    with transaction.atomic():
        organization = Organization.objects.create(
            slug="world", name="World", zone=world.zone, first_weekday=world.first_weekday
        )
        with tenant(organization):
            yield load(world, organization, badges)
            transaction.set_rollback(True)
        transaction.set_rollback(True)


def load(world: World, organization: Organization, badges: Iterable[str]) -> Loaded:
    places = load_locations(world, organization)
    people = load_people(world, organization, places)
    activities = load_activities(world, organization, places, people)
    slugs = {*badges, *(award.badge for award in world.hand), *(r.badge for r in world.revocations)}
    kept = {
        slug: Badge(
            organization=organization, slug=slug, name=slug, description=slug, created_at=MOMENT, mode="both"
        )
        for slug in slugs
    }
    Badge.objects.bulk_create(kept.values())
    load_by_hand(world, organization, people, kept)
    recount_badges(organization.pk, [person.pk for person in people.values()])
    return Loaded(organization, people, activities, kept)


def load_locations(world: World, organization: Organization) -> dict[str, Location]:
    places = {
        name: Location(organization=organization, external_id=name, name=name) for name in world.locations
    }
    Location.objects.bulk_create(places.values())
    for name, parent in world.locations.items():
        places[name].parent = places[parent] if parent else None
    Location.objects.bulk_update(places.values(), ["parent"])
    return places


def load_people(
    world: World, organization: Organization, places: Mapping[str, Location]
) -> dict[str, Person]:
    people = {
        name: Person(organization=organization, external_id=name, name=name, joined_on=person.joined_on)
        for name, person in world.people.items()
    }
    Person.objects.bulk_create(people.values())
    Placement.objects.bulk_create(
        Placement(
            organization=organization,
            person=people[name],
            from_on=since or date.min,
            location=places[where] if where else None,
            title=title,
        )
        for name, person in world.people.items()
        for since, where, title in person.placements
    )
    return people


def load_activities(
    world: World,
    organization: Organization,
    places: Mapping[str, Location],
    people: Mapping[str, Person],
    activities: Sequence[naive.Activity] | None = None,
) -> dict[int, str]:
    """Sources are made in an order that is not their names'."""
    ledger = world.activities if activities is None else activities
    kinds = {
        name: Kind.objects.get_or_create(organization=organization, name=name)[0]
        for name in {a.kind for a in ledger}
    }
    sources = {
        name: Source.objects.get_or_create(organization=organization, name=name)[0]
        for name in sorted({a.source for a in ledger}, reverse=True)
    }
    rows = Activity.objects.bulk_create(
        Activity(
            organization=organization,
            person=people[a.person],
            kind=kinds[a.kind],
            role=a.role,
            occurred_at=a.occurred_at,
            recorded_at=a.occurred_at,
            voided_at=a.occurred_at if a.voided else None,
            value=a.value,
            attributes=a.attributes,
            location=places[a.location] if a.location else None,
            source=sources[a.source],
            external_id=a.external_id,
        )
        for a in ledger
    )
    return {row.pk: row.external_id for row in rows}


def load_more(world: World, there: "Loaded", activities: Sequence[naive.Activity]) -> None:
    places = {place.external_id: place for place in Location.objects.filter(organization=there.organization)}
    there.activities.update(load_activities(world, there.organization, places, there.people, activities))


def load_by_hand(
    world: World, organization: Organization, people: Mapping[str, Person], badges: Mapping[str, Badge]
) -> None:
    """Awards by hand as ended, or they would be in each other's way; revocations name no award that there is."""
    Award.objects.bulk_create(
        Award(
            organization=organization,
            badge=badges[a.badge],
            person=people[a.person],
            origin=Origin.HAND,
            key=str(number),
            starts_at=a.starts,
            expires_at=a.ends,
            recorded_at=MOMENT,
        )
        for number, a in enumerate(world.hand)
    )
    Revocation.objects.bulk_create(
        Revocation(
            organization=organization,
            award_id=0,
            badge=badges[r.badge],
            person=people[r.person],
            key=r.key or "",
            revoked_at=r.at,
            revoked_by=people[r.person],
            reason="so",
        )
        for r in world.revocations
    )
