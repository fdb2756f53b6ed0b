"""Each sort of mail, wholly in the language of its reader, about an award that a rule gave."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from activity.models import Activity, Source
from badges.models import Award, AwardChange, AwardEvent, EndedWhy, Origin
from config.catalogs import LANGUAGES
from notifications.actions import make_notices
from notifications.messages import letter
from notifications.models import Delivery, Notice, NoticeKind
from people.clock import now
from people.languages import choose_language
from people.models import Organization, Person
from people.tenancy import tenant
from rules.models import Rule, RuleVersion
from tests.factories import BadgeFactory, KindFactory
from tests.spoken import english_in

COUNTED = 22
BEGUN = datetime(2026, 10, 1, 12, tzinfo=UTC)
RULE = {
    "id": "coach",
    "criterion": {"type": "count", "at_least": COUNTED, "within": "2 months", "select": {
        "kinds": ["improvement.submitted"], "roles": ["author"]}},
    "retention": {"type": "expires", "after": "1 year", "grace": "14 days"},
}  # fmt: skip
SENTENCES = {
    "de": "Verliehen für mindestens 22 eingereichte Verbesserungen als Autor/in innerhalb von 2 Monaten."
    " Endet 1 Jahr nach dem letzten Erhalt. Nach dem Ende bleibt eine Nachfrist (14 Tage), um es wieder zu erhalten.",
    "fr": "Remis pour au moins 22 améliorations proposées comme auteur en l’espace de 2 mois."
    " Prend fin 1 an après sa dernière obtention."
    " Après sa fin, il reste un délai de grâce de 14 jours pour l’obtenir à nouveau.",
    "es": "Se concede por al menos 22 mejoras propuestas como autor/a en un plazo de 2 meses."
    " Termina 1 año después de obtenerla por última vez."
    " Tras su fin hay un plazo de gracia de 14 días para volver a obtenerla.",
}
OLDEST = {
    "de": ("Verbesserung eingereicht, 3. Oktober 2026", "und 2 frühere"),
    "fr": ("Amélioration proposée, 3 octobre 2026", "et 2 plus anciennes"),
    "es": ("Mejora propuesta, 3 de octubre de 2026", "y 2 anteriores"),
}


@pytest.fixture
def award(organization: Organization, bob: Person, alice: Person) -> Award:
    """Bob's badge by a rule, for many activities without subject or item, of a kind without a label."""
    badge = BadgeFactory(organization=organization, slug="coach", name="Coach", description="")
    kind = KindFactory(organization=organization, name="improvement.submitted")
    with tenant(organization):
        rule = Rule.objects.create(organization=organization, badge=badge, current=1)
        RuleVersion.objects.create(
            organization=organization, rule=rule, number=1, definition=RULE, made_at=BEGUN, made_by=alice
        )
        source = Source.objects.create(organization=organization, name="lapel")
        done = [
            Activity.objects.create(
                organization=organization,
                person=bob,
                kind=kind,
                occurred_at=BEGUN + timedelta(days=n),
                recorded_at=BEGUN,
                source=source,
                external_id=f"{n}",
            )
            for n in range(COUNTED)
        ]
        award: Award = Award.objects.create(
            organization=organization,
            badge=badge,
            person=bob,
            origin=Origin.RULE,
            starts_at=done[-1].occurred_at,
            expires_at=now() + timedelta(days=20),
            evidence=[one.pk for one in done],
            rule_version=1,
            recorded_at=BEGUN,
        )
    return award


type Told = Callable[..., Notice]


@pytest.fixture
def told(award: Award) -> Told:
    def told(kind: str, change: str = "", to: Person | None = None, **fields: Any) -> Notice:
        """`fields` are the award's, which has them only in this notice."""
        mine = Award.objects.select_related("badge", "person", "organization").get(pk=award.pk)
        vars(mine).update(fields)
        event = AwardEvent(award=mine, change=change, at=now()) if change else None
        last_day = timezone.localdate(mine.expires_at, mine.organization.time_zone)
        return Notice(
            organization=mine.organization, award=mine, recipient=to or mine.person, kind=kind, event=event,
            made_at=now(), ends_on=last_day if kind == NoticeKind.ENDS_SOON else None,
        )  # fmt: skip

    return told


def in_all(notices: list[Notice]) -> tuple[str, str]:
    reader = notices[0].recipient
    delivery = Delivery(
        organization=reader.organization, recipient=reader, address=reader.email, message_id="<x@y>"
    )
    mail = letter(delivery, notices)
    return f"{mail.subject}\n{mail.from_email}\n{mail.body}", str(mail.alternatives[0][0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_speaks_throughout(
    organization: Organization, told: Told, bob: Person, mary: Person, language: str
) -> None:
    with tenant(organization):
        for reader in (bob, mary):
            choose_language(person=reader, language=language)
        earned = told(NoticeKind.EARNED, AwardChange.GRANTED)
        soon = told(NoticeKind.ENDS_SOON)
        over = told(NoticeKind.LOST, AwardChange.ENDED, ended_at=now(), ended_why=EndedWhy.EXPIRED)
        lapsed = told(NoticeKind.LOST, AwardChange.ENDED, ended_at=now(), ended_why=EndedWhy.LAPSED)
        wrong = told(NoticeKind.LOST, AwardChange.ENDED, ended_at=now(), ended_why=EndedWhy.UNSUPPORTED)
        mails = {
            "earned": in_all([earned]),
            "given back": in_all([told(NoticeKind.EARNED, AwardChange.REINSTATED)]),
            "soon": in_all([soon]),
            "of the team": in_all([told(NoticeKind.ENDS_SOON, to=mary)]),
            "over": in_all([over]),
            "lapsed": in_all([lapsed]),
            "wrong": in_all([wrong]),
            "taken back": in_all([told(NoticeKind.LOST, AwardChange.REVOKED)]),
            "all": in_all([earned, soon, over]),
        }
    left = {sort: english_in(f"{text}\n{html}", language) for sort, (text, html) in mails.items()}
    assert {sort: words for sort, words in left.items() if words} == {}
    said = {
        sort: SENTENCES[language] in text and SENTENCES[language] in html
        for sort, (text, html) in mails.items()
    }
    assert [sort for sort, it_does in said.items() if not it_does] == []
    text, html = mails["earned"]
    assert [one in text for one in OLDEST[language]] == [True, True]
    assert f"1. {OLDEST[language][0]}" in text
    assert OLDEST[language][1] in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_home_page_says_it_in_the_language_too(
    organization: Organization, award: Award, bob: Person, as_bob: Client, language: str
) -> None:
    with tenant(organization):
        choose_language(person=bob, language=language)
        AwardEvent.objects.create(
            organization=organization, award=award, change=AwardChange.GRANTED, at=now(), to_tell=True
        )
    make_notices(organization=organization)
    page = as_bob.get("/riverside/").content.decode()
    assert re.search(rf'<p class="[^"]*" lang="{language}">{re.escape(SENTENCES[language])}</p>', page)
    assert SENTENCES[language] not in as_bob.get(award.get_absolute_url()).content.decode()
