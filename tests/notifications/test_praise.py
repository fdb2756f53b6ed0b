"""The holder is told of “well done” in one notice an award, however many say it; by mail where they ask for that."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from badges.defining import set_badge_state
from badges.models import Award
from badges.praising import praise_award, take_praise_back
from notifications import words
from notifications.actions import choose_mail, make_notices, mark_read, stop_mails
from notifications.judging import why_not
from notifications.models import Delivery, Notice, NoticeKind
from notifications.stopping import stop_of, stop_url
from notifications.tasks import sweep
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import PersonFactory
from tests.notifications.conftest import Give
from tests.notifications.sink import Sink
from tests.spoken import english_in

LIST = "/riverside/notices/"


@pytest.fixture
def award(give: Give, bob: Person) -> Award:
    """Bob has read that he earned it."""
    award = give(bob)
    with tenant(bob.organization):
        make_notices(organization=bob.organization)
        mark_read(person=bob)
    return award


def colleagues(award: Award, *names: str) -> list[Person]:
    return [PersonFactory(organization=award.organization, name=name) for name in names]


def praised(award: Award, *people: Person) -> None:
    with tenant(award.organization):
        for person in people:
            praise_award(award=award, by=person)
        make_notices(organization=award.organization)


def headlines(client: Client) -> list[str]:
    """Of what is new."""
    told = client.get(LIST).context["told"]
    return [one.headline for one in told if one.notice.read_at is None]


def test_twenty_make_one_notice(as_bob: Client, award: Award) -> None:
    praised(award, *colleagues(award, *(f"Person {n}" for n in range(1, 20)), "Zoë Young"))
    assert headlines(as_bob) == ["Zoë Young and 19 others say “well done”: Coach"]


def test_what_comes_later_makes_it_new_again(as_bob: Client, award: Award, bob: Person) -> None:
    ann, ben = colleagues(award, "Ann Adams", "Ben Beck")
    praised(award, ann)
    assert headlines(as_bob) == ["Ann Adams says “well done”: Coach"]
    with tenant(bob.organization):
        notice = Notice.objects.get(kind="praised")
    answer = as_bob.get(f"{LIST}{notice.pk}/")
    assert (answer["Location"], headlines(as_bob)) == (award.get_absolute_url(), [])
    praised(award, ben)
    assert headlines(as_bob) == ["Ben Beck and 1 other say “well done”: Coach"]
    with tenant(bob.organization):
        assert Notice.objects.filter(kind="praised").count() == 1


def test_taking_it_back_and_saying_it_again_is_no_news(as_bob: Client, award: Award, bob: Person) -> None:
    (ann,) = colleagues(award, "Ann Adams")
    praised(award, ann)
    with tenant(bob.organization):
        mark_read(person=bob)
        take_praise_back(award=award, by=ann)
    assert [one.notice.kind for one in as_bob.get(LIST).context["told"]] == ["earned"]
    praised(award, ann)
    assert headlines(as_bob) == []
    assert [one.notice.kind for one in as_bob.get(LIST).context["told"]] == ["praised", "earned"]


def test_what_is_taken_back_before_it_is_told_is_not_told_until_it_is_said_again(
    as_bob: Client, award: Award
) -> None:
    (ann,) = colleagues(award, "Ann Adams")
    with tenant(award.organization):
        praise_award(award=award, by=ann)
        take_praise_back(award=award, by=ann)
    praised(award)
    assert headlines(as_bob) == []
    praised(award, ann)
    assert headlines(as_bob) == ["Ann Adams says “well done”: Coach"]


def test_nobody_is_told_of_a_withdrawn_badge_or_after_they_left(
    as_bob: Client, award: Award, alice: Person, bob: Person
) -> None:
    ann, ben = colleagues(award, "Ann Adams", "Ben Beck")
    praised(award, ann)
    with tenant(bob.organization):
        set_badge_state(badge=award.badge, state="withdrawn", by=alice, reason="No course.")
    assert headlines(as_bob) == []
    with tenant(bob.organization):
        Notice.objects.filter(kind="praised").delete()
        Person.objects.filter(pk=bob.pk).update(left_on=now().date())
    praised(award, ben)
    with tenant(bob.organization):
        assert Notice.objects.filter(kind="praised").count() == 0


def test_the_database_takes_one_notice_an_award_and_reader(
    inside: Organization, award: Award, bob: Person
) -> None:
    praised(award, *colleagues(award, "Ann Adams"))
    notice = Notice.objects.get(kind="praised")
    with pytest.raises(IntegrityError, match="praise_told_once"), transaction.atomic():
        Notice.objects.create(organization=inside, award=award, recipient=bob, kind="praised", made_at=now())
    with pytest.raises(IntegrityError, match="notice_cause"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(award=None)


def test_mail_goes_only_to_who_asked_for_it_and_once_an_award(
    sink: Sink, as_bob: Client, award: Award, bob: Person
) -> None:
    ann, ben, cid = colleagues(award, "Ann Adams", "Ben Beck", "Cid Cole")
    sweep()
    sink.received.clear()
    assert 'name="praised"' in as_bob.get(f"{LIST}mail/").text
    praised(award, ann)
    sweep()
    assert sink.received == []
    with tenant(bob.organization):
        Notice.objects.filter(kind="praised").delete()
        rhythms = {"praised": "at_once"}
        choose_mail(person=bob, rhythms=rhythms, digest_hour=8, quiet_from=None, quiet_until=None)
    praised(award, ben)
    sweep()
    praised(award, cid)
    sweep()
    assert [str(mail["Subject"]) for mail in sink.received] == ["Ben Beck and 1 other say “well done”: Coach"]


def test_a_mail_goes_without_what_was_taken_back(award: Award, bob: Person) -> None:
    (ann,) = colleagues(award, "Ann Adams")
    with tenant(bob.organization):
        rhythms = {"praised": "daily"}
        choose_mail(person=bob, rhythms=rhythms, digest_hour=8, quiet_from=None, quiet_until=None)
    praised(award, ann)
    with tenant(bob.organization):
        notice = Notice.objects.with_subjects().get(kind="praised")
        assert (notice.delivery is not None, why_not(notice)) == (True, "")
        take_praise_back(award=award, by=ann)
        assert why_not(notice) == "It was taken back before this mail went out."


def test_such_mail_can_be_stopped_from_itself(client: Client, award: Award, bob: Person) -> None:
    praised(award, *colleagues(award, "Ann Adams"))
    with tenant(bob.organization):
        address = stop_url(list(Notice.objects.filter(kind="praised")))
    stop = stop_of(address.rstrip("/").rsplit("/", 1)[1])
    assert stop is not None
    assert stop.kinds == [NoticeKind.PRAISED]
    page = client.get(address[address.index("/accounts/") :]).text
    assert "what colleagues say to your badges" in page
    with tenant(bob.organization):
        stop_mails(person=bob, kinds=stop.kinds)
        assert Delivery.objects.filter(notices__kind="praised").count() == 0


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_it_speaks_the_language_of_its_reader(award: Award, language: str) -> None:
    praised(award, *colleagues(award, "Åsa", "Bo"))
    with tenant(award.organization), translation.override(language):
        notice = Notice.objects.with_subjects().get(kind="praised")
        said = words.headline(notice)
    assert "Bo" in said
    assert english_in(said, language) == set()
