"""What Riverside's badges ask for besides: categories, evidence, a second administrator, nominations, limits."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import connection

from badges.arranging import add_category
from badges.defining import edit_badge
from badges.evidence import Piece, add_evidence
from badges.hiding import hide_badges
from badges.models import Award, Badge
from badges.nominating import approve_nomination, decline_nomination, nominate, propose_grant
from people.clock import now, telling
from people.models import Person
from rules.actions_gallery import take_over
from rules.presets import Preset

CATEGORIES = {
    "Certificates": ("hipaa-certified", "fire-warden"),
    "Named by colleagues": ("hand-hygiene", "patient-safety-star", "kind-words-said"),
}
BY_HAND = (
    Preset(
        slug="patient-safety-star",
        name="Patient Safety Star",
        description="Spoke up when it mattered, and was right to.",
        criteria="Two administrators agree. At most five people hold it.",
        kind="honour",
        emblem="safety-guardian",
        mode="hand",
    ),
    Preset(
        slug="kind-words-said",
        name="Kind Words",
        description="Patients wrote to thank them by name.",
        criteria="Colleagues nominate with a letter or a note of it; an administrator decides.",
        kind="honour",
        emblem="kind-words",
        mode="hand",
        ends_after="2 years",
    ),
)


def arrange(people: Mapping[str, Person]) -> None:
    """Their settings, with something waiting and something decided under each."""
    priya, owen = people["Priya Raman"], people["Owen Hart"]
    with telling(now() - timedelta(days=90)):
        for preset in BY_HAND:
            take_over(organization=priya.organization, preset=preset, by=priya)
    _settle_what_was_given()
    badges = {badge.slug: badge for badge in Badge.objects.all()}
    for name, slugs in CATEGORIES.items():
        category = add_category(name=name, by=priya)
        for slug in slugs:
            badges[slug] = edit_badge(badge=badges[slug], by=priya, category=category)
    star = edit_badge(
        badge=badges["patient-safety-star"], by=priya, needs_two=True, most_holders=5, most_a_month=2
    )
    hide_badges(person=people["Dele Adeyemi"], badges=[badges["hand-hygiene"]], everything=False)
    kind = edit_badge(
        badge=badges["kind-words-said"], by=priya, takes_nominations=True, demands_evidence=True
    )
    hygiene = edit_badge(badge=badges["hand-hygiene"], by=priya, takes_nominations=True)
    _certificates(badges["hipaa-certified"], priya)
    _nominations(kind, hygiene, people)
    with telling(now() - timedelta(days=20)):
        given = propose_grant(
            badge=star,
            person=people["Connor Walsh"],
            by=priya,
            reason="Stopped a wrong-side transfer at the door",
        )
        approve_nomination(nomination=given, by=owen)
    with telling(now() - timedelta(days=1)):
        propose_grant(
            badge=star,
            person=people["Aisha Rahman"],
            by=priya,
            reason="Called the time-out that nobody wanted to call",
        )


def _settle_what_was_given() -> None:
    """What a badge demands holds for what is given from then on: earlier awards are checked before."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _certificates(hipaa: Badge, priya: Person) -> None:
    """From now on with evidence; the latest ones have it."""
    edit_badge(badge=hipaa, by=priya, demands_evidence=True)
    for award in Award.objects.standing().filter(badge=hipaa).order_by("-starts_at", "pk")[:6]:
        add_evidence(
            award=award,
            by=priya,
            pieces=[Piece(note="Test passed with 18 of 20 points; the sheet is in the file.")],
        )


def _nominations(kind: Badge, hygiene: Badge, people: Mapping[str, Person]) -> None:
    priya, amara, marcus = people["Priya Raman"], people["Amara Okafor"], people["Marcus Bell"]
    letter = [
        Piece(note="Letter from the family of bed 12: “She explained it twice, and sat down to do it.”")
    ]
    with telling(now() - timedelta(days=30)):
        thanked = nominate(
            badge=kind, nominee=people["Rosa Delgado"], by=amara, reason="A letter came", evidence=letter
        )
        early = nominate(
            badge=hygiene, nominee=people["Kwame Mensah"], by=amara, reason="Always has the gel at hand"
        )
    with telling(now() - timedelta(days=28)):
        approve_nomination(nomination=thanked, by=priya)
        decline_nomination(
            nomination=early, by=priya, reason="Lovely, and please again after the refresher in spring"
        )
    with telling(now() - timedelta(days=2)):
        nominate(
            badge=hygiene,
            nominee=people["Ana Kowalczyk"],
            by=marcus,
            reason="Teaches every new colleague the lamp",
        )
        nominate(
            badge=kind,
            nominee=people["Dele Adeyemi"],
            by=amara,
            reason="A card came from bay 3",
            evidence=letter,
        )
