"""What somebody keeps from colleagues: single badges, or all of them."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from badges.counts import lock_people, part_tallies
from badges.models import Award, Badge, BadgeState, HiddenBadge
from badges.querysets import BadgeQuerySet
from people.audit import note
from people.models import Person


class Hidden(NamedTuple):
    """Everything, those to come as well, or the badges with these ids; both are remembered."""

    everything: bool
    badges: frozenset[int]


NOTHING = Hidden(everything=False, badges=frozenset())


def hidden_by(person: Person) -> Hidden:
    ids = set(HiddenBadge.objects.filter(person=person).values_list("badge", flat=True))
    return Hidden(None in ids, frozenset(pk for pk in ids if pk is not None))


def hideable(person: Person) -> BadgeQuerySet:
    """What they hold or held, and what they hide already."""
    had = Award.objects.filter(person=person).values("badge")
    known = Q(pk__in=had) | Q(pk__in=hidden_by(person).badges)
    badges: BadgeQuerySet = Badge.objects.filter(known, organization=person.organization_id)
    return badges.exclude(state=BadgeState.WITHDRAWN)


@transaction.atomic
def hide_badges(*, person: Person, badges: Iterable[Badge], everything: bool) -> None:
    """From now on colleagues see none of these, or none at all. Harmless to repeat.

    Badges that are withdrawn now, and so cannot be chosen, stay as they were.
    """
    lock_people(person.organization_id, [person.pk])
    before = hidden_by(person)
    withdrawn = Badge.objects.filter(pk__in=before.badges, state=BadgeState.WITHDRAWN)
    chosen = {badge.pk for badge in badges} | set(withdrawn.values_list("pk", flat=True))
    after = Hidden(everything, frozenset(chosen))
    if after == before:
        return
    HiddenBadge.objects.filter(person=person).delete()
    ids: list[int | None] = [*sorted(chosen), *([None] if everything else [])]
    HiddenBadge.objects.bulk_create(
        HiddenBadge(organization=person.organization, person=person, badge_id=badge) for badge in ids
    )
    part_tallies(person.organization_id, [person.pk])
    note(person, "person.hid_badges", person, person=person.pk, hides_all=everything, badges=len(chosen))
