"""Mail and notices in the language of their reader."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from badges.actions import revoke_award
from badges.models import Award, Badge
from config.catalogs import LANGUAGES, catalog, compiled, messages, path_of, said_by, word_of
from notifications.actions import make_notices, save_text
from notifications.models import NoticeKind, NoticeText
from notifications.reminding import remind
from notifications.tasks import sweep
from people.clock import now
from people.invitations import invite_person, send_due
from people.languages import choose_language, language_of
from people.models import LANGUAGES as KNOWN
from people.models import AuditEntry, Organization, Person
from people.templatetags.lapel import full_day
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give

GREETING = {"en-gb": "Well done, Bob", "de": "Gut gemacht, Bob", "fr": "Bravo, Bob", "es": "Enhorabuena, Bob"}
DAY = datetime(2027, 3, 9, 12, tzinfo=UTC)
DAYS = {"en-gb": "9 March 2027", "de": "9. März 2027", "fr": "9 mars 2027", "es": "9 de marzo de 2027"}


def speak(person: Person, language: str) -> Person:
    with tenant(person.organization):
        choose_language(person=person, language=language)
    return person


# --- the catalogs


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated_and_no_other(language: str) -> None:
    """`python -m config.catalogs` mends what this finds."""
    words = {word_of(message): said_by(message) for message in catalog(language) if message.id}
    assert set(words) == set(messages())
    assert [word for word, said in words.items() if not all(said)] == []
    assert [message.id for message in catalog(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert path_of(language).with_suffix(".mo").read_bytes() == compiled(catalog(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_gaps(language: str) -> None:
    """The singular may say "one" in words."""
    gap = re.compile(r"%\(\w+\)s")
    for message in catalog(language):
        wanted = set(gap.findall(str(message.id)))
        *singular, last = [set(gap.findall(form)) for form in said_by(message)]
        assert last == wanted, message.id
        assert all(wanted - {"%(n)s", "%(number)s"} <= form <= wanted for form in singular), message.id
        assert "%" not in gap.sub("", "".join(said_by(message))), message.id


def test_each_language_that_can_be_chosen_has_a_catalog() -> None:
    assert set(LANGUAGES) | {"en-gb"} == set(dict(KNOWN))


@pytest.mark.parametrize("language", DAYS)
def test_dates_have_the_form_of_the_language(language: str) -> None:
    with translation.override(language):
        assert full_day(DAY) == DAYS[language]


# --- mails


@pytest.mark.parametrize("language", GREETING)
def test_a_congratulation(committed_db: None, give: Give, bob: Person, language: str) -> None:
    give(speak(bob, language))
    sweep()
    [letter] = mail.outbox
    html = letter.alternatives[0].content
    assert letter.body.startswith(GREETING[language])
    assert GREETING[language] in html
    assert f'<html lang="{language}">' in html
    assert letter.extra_headers["Content-Language"] == language
    with translation.override(language):
        assert full_day(timezone.localdate(now(), bob.organization.time_zone)) in letter.body
    assert ("Well done" in letter.body + html) is (language == "en-gb")


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("de", "Coach wurde zurückgenommen", "Alice Adams hat es am {day} zurückgenommen: „A mistake“"),
        ("fr", "Coach vous a été retiré", "Alice Adams l’a retiré le {day}\u00a0: «\u00a0A mistake\u00a0»"),
        ("es", "Coach ha sido retirada", "Alice Adams la retiró el {day}: «A mistake»"),
    ],
)
def test_what_was_taken_back(
    committed_db: None, give: Give, alice: Person, bob: Person, language: str, subject: str, said: str
) -> None:
    award = give(speak(bob, language))
    sweep()
    with tenant(bob.organization):
        revoke_award(award=award, by=alice, reason="A mistake")
    sweep()
    letter = mail.outbox[-1]
    with translation.override(language):
        day = full_day(timezone.localdate(now(), bob.organization.time_zone))
    assert letter.subject == subject
    assert said.format(day=day) in letter.body


@pytest.mark.parametrize(
    ("language", "own", "managers"),
    [
        ("de", "Coach endet am ", "Coach von Bob Brown endet am "),
        ("fr", "Coach prend fin le ", "Coach de Bob Brown prend fin le "),
        ("es", "Coach termina el ", "Coach de Bob Brown termina el "),
    ],
)
def test_a_reminder_speaks_to_each_reader(
    committed_db: None, give: Give, bob: Person, mary: Person, language: str, own: str, managers: str
) -> None:
    award = give(speak(bob, language))
    speak(mary, language)
    with tenant(bob.organization):
        Person.objects.filter(pk=bob.pk).update(manager=mary)
        long_ago, soon = now() - timedelta(days=300), now() + timedelta(days=20)
        Award.objects.filter(pk=award.pk).update(starts_at=long_ago, recorded_at=long_ago, expires_at=soon)
    sweep()
    mail.outbox.clear()
    remind(organization=bob.organization)
    sweep()
    assert {letter.to[0]: letter.subject.startswith(beginning) for letter, beginning in zip(
        sorted(mail.outbox, key=lambda letter: letter.to), (own, managers), strict=True)} == {
        "Bob Brown <bob@riverside.example>": True, "Mary Moss <mary@riverside.example>": True}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("de", "Sie haben 2 Abzeichen erhalten: Coach und Safety"),
        ("fr", "Vous avez obtenu 2 badges : Coach et Safety"),
        ("es", "Ha obtenido 2 insignias: Coach y Safety"),
    ],
)
def test_several_in_one(
    committed_db: None, organization: Organization, give: Give, bob: Person, language: str, subject: str
) -> None:
    speak(bob, language)
    give(bob)
    give(bob, badge=BadgeFactory(organization=organization, name="Safety"))
    sweep()
    assert [letter.subject for letter in mail.outbox] == [subject]
    assert "All your notices" not in mail.outbox[0].alternatives[0].content


def test_whoever_chose_nothing_gets_the_organization_s(
    committed_db: None, organization: Organization, give: Give, bob: Person, mary: Person
) -> None:
    Organization.objects.filter(pk=organization.pk).update(language="fr")
    organization.refresh_from_db()
    give(speak(bob, "de"))
    give(mary)
    sweep()
    assert sorted(letter.body.split(",")[0] for letter in mail.outbox) == ["Bravo", "Gut gemacht"]


def test_no_browser_has_a_say(
    committed_db: None, give: Give, bob: Person, as_bob: Client, as_alice: Client
) -> None:
    as_bob.get("/riverside/", headers={"Accept-Language": "de"})
    give(bob)
    with translation.override("fr"):
        sweep()
    assert mail.outbox[0].body.startswith("Well done")


def test_an_invitation_and_a_new_password(
    committed_db: None, organization: Organization, alice: Person, bob: Person, client: Client
) -> None:
    guest = speak(PersonFactory(organization=organization, name="Gina"), "es")
    with tenant(organization):
        invite_person(person=guest, by=alice)
    send_due(organization=organization)
    assert mail.outbox[0].subject == "Su acceso a Riverside Health"
    assert "Active su acceso aquí" in mail.outbox[0].body
    speak(bob, "de")
    client.post("/accounts/password/reset/", {"email": bob.email}, headers={"Accept-Language": "fr"})
    assert mail.outbox[1].subject == "Neues Passwort festlegen"
    assert "hat ein neues Passwort für bob@riverside.example angefordert" in mail.outbox[1].body


# --- words of one's own


def put(organization: Organization, by: Person, subject: str, language: str = "", badge: Badge | None = None):
    with tenant(organization):
        return save_text(
            organization=organization, kind="earned", badge=badge, language=language, subject=subject, body="x", by=by
        )  # fmt: skip


def test_a_badge_goes_before_a_language_and_that_before_all(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person, badge: Badge
) -> None:
    speak(bob, "de")
    seen = []
    other = BadgeFactory(organization=organization, name="Safety")
    for subject, language, of in [
        ("all", "", None),
        ("all in French", "fr", None),
        ("all in German", "de", None),
        ("Safety", "", other),
        ("Safety in German", "de", other),
    ]:
        put(organization, alice, subject, language, of)
        award = give(bob, badge=other)
        sweep()
        seen.append(mail.outbox[-1].subject)
        with tenant(organization):
            revoke_award(award=award, by=alice, reason="Again")
        sweep()
    assert seen == ["all", "all", "all in German", "Safety", "Safety in German"]


def test_one_text_a_language(organization: Organization, alice: Person) -> None:
    put(organization, alice, "A", "de"), put(organization, alice, "B", "de"), put(organization, alice, "C")
    with tenant(organization):
        assert list(NoticeText.objects.values_list("language", "subject")) == [("", "C"), ("de", "B")]
        for values in ({"language": "de"}, {"language": "xx"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                NoticeText.objects.create(
                    organization=organization, kind="earned", subject="D", body="x", changed_at=now(), **values
                )  # fmt: skip


def test_its_page(organization: Organization, as_alice: Client) -> None:
    url = "/riverside/notices/texts/earned/?language=de"
    everybody = as_alice.get("/riverside/notices/texts/earned/").content.decode()
    assert 'aria-current="page">All others' in everybody
    assert "There is no text in this language yet" not in everybody
    page = as_alice.get(url).content.decode()
    assert 'aria-current="page" lang="de">Deutsch' in page
    assert "There is no text in this language yet" in page
    assert (
        as_alice.post(url, {"subject": "Hurra: {badge}", "body": "x", "html": ""}).headers["Location"] == url
    )
    page = as_alice.get(url).content.decode()
    assert "Hurra: {badge}" in page
    assert "There is no text in this language yet" not in page
    assert "Hurra" not in as_alice.get("/riverside/notices/texts/earned/").content.decode()
    listed = as_alice.get("/riverside/notices/texts/").content.decode()
    assert 'href="/riverside/notices/texts/earned/?language=de"' in listed
    assert as_alice.get("/riverside/notices/texts/earned/?language=xx").status_code == 404
    assert as_alice.post(url, {"remove": "1"}).status_code == 302
    with tenant(organization):
        assert NoticeText.objects.count() == 0


# --- who chooses


def test_a_person_chooses(organization: Organization, bob: Person, as_bob: Client) -> None:
    url = "/riverside/notices/mail/"
    said = dict.fromkeys(NoticeKind.values, "daily") | {"digest_hour": 8}
    assert "As everybody in Riverside Health: English" in as_bob.get(url).content.decode()
    for language in ("de", "de", ""):
        assert as_bob.post(url, {**said, "language": language}).status_code == 302
        with tenant(organization):
            bob.refresh_from_db()
        assert (bob.language, language_of(bob)) == (language, language or "en-gb")
    assert as_bob.post(url, {**said, "language": "xx"}).status_code == 422
    with tenant(organization):
        assert AuditEntry.objects.filter(action="language.chosen").count() == 2


def test_an_organization_chooses(organization: Organization, charlie: Person, as_charlie: Client) -> None:
    url = "/halden/settings/organization/"
    said = {"name": "Halden", "zone": "UTC", "first_weekday": 1}
    assert as_charlie.post(url, {**said, "language": "xx"}).status_code == 422
    assert as_charlie.post(url, {**said, "language": "fr"}).status_code == 302
    charlie.organization.refresh_from_db()
    assert charlie.organization.language == "fr"
    assert '<option value="fr" selected>Français' in as_charlie.get(url).content.decode()


def test_notices_in_lapel_speak_it_too(
    organization: Organization, give: Give, bob: Person, as_bob: Client
) -> None:
    give(speak(bob, "de"))
    make_notices(organization=organization)
    for url in ("/riverside/", "/riverside/notices/"):
        page = as_bob.get(url).content.decode()
        assert "Sie haben Coach erhalten" in page
        assert 'lang="de"' in page
        assert '<html lang="en-gb">' in page


def test_the_language_costs_no_query(
    organization: Organization, give: Give, bob: Person, as_bob: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            as_bob.get("/riverside/notices/")
        return len(seen)

    before = queries()
    speak(bob, "de")
    assert queries() == before
