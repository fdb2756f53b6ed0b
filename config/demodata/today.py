"""What happened at Riverside just now: something new at everybody's bell."""

from collections.abc import Mapping
from decimal import Decimal

from activity.commenting import add_comment
from activity.models import ImpactKind, WorkItem
from activity.sending_back import send_back, what_stands
from activity.steps import complete_item, submit_improvement
from badges.actions import grant_by_hand
from badges.models import Award, Badge
from badges.nominating import nominate
from badges.praising import praise_award
from people.models import Person


def happen() -> None:
    people = {person.name: person for person in Person.objects.select_related("organization", "location")}
    badges = {badge.slug: badge for badge in Badge.objects.all()}
    amara, marcus, priya = people["Amara Okafor"], people["Marcus Bell"], people["Priya Raman"]
    _give(badges["hand-hygiene"], amara, priya, "Named by Infection Control")
    for name in ("Ingrid Haugen", "Owen Hart"):
        _give(badges["fire-warden"], people[name], priya, "Course for the Quality office")
    _praise(people)
    nominate(
        badge=badges["hand-hygiene"],
        nominee=people["Rosa Delgado"],
        by=marcus,
        reason="Put the gel where the hands are, and nobody has to ask any more",
    )
    saves = submit_improvement(
        author=amara,
        title="Dressing trolley packed the evening before",
        problem="Every round began with ten minutes of looking for things.",
        location=amara.location,
    )
    complete_item(item=saves, by=people["Helen Brandt"], impact=Decimal(1200))
    hours = ImpactKind.objects.get(name="Time saved")
    counted = submit_improvement(
        author=amara,
        title="Refill list on the lid of the cart",
        problem="Somebody walks back for what nobody knew was missing.",
        location=amara.location,
        expectations={hours: Decimal(60)},
    )
    counted = complete_item(item=counted, by=people["Helen Brandt"], impacts={hours: Decimal(90)})
    send_back(
        item=counted,
        kind=hours,
        by=marcus,
        reason="The hours count the summer, too, when two of the bays are closed.",
        seen=what_stands(counted, hours),
    )
    asked = WorkItem.objects.filter(author=marcus).order_by("-number")[0]
    add_comment(item=asked, author=amara, text="Could we try this on the night shift first?")


def _give(badge: Badge, person: Person, by: Person, reason: str) -> None:
    grant_by_hand(badge=badge, person=person, by=by, reason=reason)


def _praise(people: Mapping[str, Person]) -> None:
    """What colleagues say to the latest awards, one fewer to each."""
    names = ("Marcus Bell", "Rosa Delgado", "Helen Brandt", "Dele Adeyemi", "Ana Kowalczyk")
    awards = Award.objects.standing().exclude(person__name__in=names).order_by("-starts_at", "pk")
    for number, award in enumerate(awards.select_related("badge", "person")[: len(names)]):
        for name in names[number:]:
            praise_award(award=award, by=people[name])
