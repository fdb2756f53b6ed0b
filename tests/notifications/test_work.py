"""Comments, savings to verify, and being put on work: told to those whom it concerns, once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.commenting import add_comment, withdraw_comment
from activity.editing import edit_item, edition
from activity.impact_kinds import begin_impacts
from activity.models import ImpactKind, ItemNews, WorkItem
from activity.news import withhold_news
from activity.sending_back import report_anew, send_back, what_stands
from activity.steps import (
    add_task,
    complete_item,
    decline_item,
    plan_event,
    reopen_item,
    start_item,
    start_project,
    submit_improvement,
    void_item,
)
from activity.verifying import verify_impact
from boards.merging import merge_people
from notifications.actions import make_notices, stop_mails
from notifications.causes import work
from notifications.models import Delivery, Notice
from notifications.tasks import sweep
from people import clock
from people.languages import choose_language
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import PersonFactory, RoleAssignmentFactory, UserFactory, somebody_else


def somebody(organization: Organization, name: str, **fields: object) -> Person:
    user = UserFactory(email=f"{name.split()[0].lower()}@riverside.example")
    return PersonFactory(organization=organization, name=name, user=user, **fields)


@pytest.fixture
def tess(organization: Organization) -> Person:
    return somebody(organization, "Tess Team")


@pytest.fixture
def item(organization: Organization, bob: Person, tess: Person) -> WorkItem:
    """Bob's, with Tess; nobody is told of that it is there."""
    with tenant(organization):
        item = submit_improvement(author=bob, title="Red lids", team=[tess])
        withhold_news(organization=organization)
    return item


def told(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        return sorted(Notice.objects.values_list("kind", "recipient__name"))


def seen(person: Person) -> list[tuple[str, str, str]]:
    page = logged_in(person).get("/riverside/notices/")
    return [(one.headline, one.reason, one.asks) for one in page.context["told"]]


def mails() -> list[tuple[str, str]]:
    return sorted((letter.to[0].split(" <")[0], letter.subject) for letter in mail.outbox)


# --- comments


def test_a_comment_reaches_those_on_it_and_those_who_spoke_before(
    committed_db: None, organization: Organization, item: WorkItem, alice: Person, mary: Person, bob: Person
) -> None:
    gone = somebody(organization, "Gwen Gone")
    with tenant(organization):
        add_comment(item=item, author=alice, text="Which lids?")
        add_comment(item=item, author=gone, text="The red ones.")
        withhold_news(organization=organization)
        Person.objects.filter(pk=gone.pk).update(left_on=clock.now().date())
        comment = add_comment(item=item, author=mary, text="Well done,\nboth of you.")
    sweep()
    with tenant(organization):
        ItemNews.objects.filter(comment=comment).update(to_tell=True)
    sweep()
    names = ["Alice Adams", "Bob Brown", "Tess Team"]
    assert told(organization) == [("commented", name) for name in names]
    assert mails() == [(name, f"Mary Moss commented on IMP-{item.number} Red lids") for name in names]
    url = f"{item.get_absolute_url()}#comment-{comment.pk}"
    assert f"“Well done, both of you.”\n\nRead and answer\nhttp://testserver{url}\n" in mail.outbox[0].body
    assert seen(bob) == [(f"Mary Moss commented on {item}", "“Well done, both of you.”", "")]
    with tenant(organization):
        notice = Notice.objects.get(recipient=bob)
    assert logged_in(bob).get(f"/riverside/notices/{notice.pk}/").headers["Location"] == url
    assert seen(mary) == []


def test_a_comment_taken_back_is_not_mailed_and_its_words_are_gone(
    committed_db: None, organization: Organization, item: WorkItem, mary: Person, bob: Person
) -> None:
    with tenant(organization):
        comment = add_comment(item=item, author=mary, text="Oh no.")
    make_notices(organization=organization)
    with tenant(organization):
        withdraw_comment(comment=comment)
    sweep()
    assert mails() == []
    assert seen(bob) == [(f"Mary Moss commented on {item}", "The comment was withdrawn.", "")]
    with tenant(organization):
        assert set(Delivery.objects.values_list("state", "last_error")) == {
            ("withheld", "The comment was withdrawn before this mail went out.")
        }


def test_many_comments_make_one_mail(
    committed_db: None, organization: Organization, item: WorkItem, mary: Person, bob: Person, tess: Person
) -> None:
    with tenant(organization):
        for text in ("One", "Two", "Three"):
            add_comment(item=item, author=mary, text=text)
        add_comment(item=item, author=tess, text="Four")
    sweep()
    assert mails() == [
        ("Bob Brown", f"4 comments: {item.label}"),
        ("Mary Moss", f"Tess Team commented on {item}"),
        ("Tess Team", f"3 comments: {item.label}"),
    ]


def test_how_many_comments_there_are_costs_no_more_queries_on_the_page(
    organization: Organization, item: WorkItem, mary: Person, bob: Person
) -> None:
    counted = []
    for texts in (["One"], ["Two", "Three", "Four"]):
        with tenant(organization):
            for text in texts:
                add_comment(item=item, author=mary, text=text)
        make_notices(organization=organization)
        client = logged_in(bob)
        with CaptureQueriesContext(connection) as queries:
            client.get("/riverside/notices/")
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_how_many_news_there_are_costs_no_more_queries(
    organization: Organization, mary: Person, bob: Person, tess: Person
) -> None:
    counted = []
    with tenant(organization):
        for number in (1, 4):
            for _ in range(number):
                item = submit_improvement(author=bob, title="Blue lids", team=[tess])
                add_comment(item=item, author=mary, text="One")
                ItemNews.objects.create(
                    organization=organization,
                    item=item,
                    kind="to_verify",
                    by=bob,
                    at=clock.now(),
                    to_tell=True,
                )
            with CaptureQueriesContext(connection) as queries:
                taken, _ = work.take(organization)
            counted.append((taken, len(queries)))
    assert [taken for taken, _ in counted] == [3, 12]
    assert counted[0][1] == counted[1][1]


# --- savings


@pytest.fixture
def managers(organization: Organization, bob: Person, mary: Person) -> list[Person]:
    """Mary is a manager, and so is Max, who is Bob's own."""
    manager = somebody(organization, "Max Mint")
    RoleAssignmentFactory(organization=organization, person=manager, role=Role.MANAGER)
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(manager=manager)
    return [mary, manager]


def complete(item: WorkItem, by: Person, impact: str | None = "1200") -> None:
    """Of which only the saving is told here."""
    with tenant(item.organization):
        complete_item(item=item, by=by, impact=Decimal(impact) if impact else None)
        ItemNews.objects.filter(kind="completed").update(to_tell=False)


def test_a_saving_is_verified_and_those_who_worked_on_it_are_told(
    committed_db: None, organization: Organization, item: WorkItem, managers: list[Person], bob: Person
) -> None:
    mary, manager = managers
    complete(item, somebody_else(bob))
    sweep()
    assert told(organization) == [("to_verify", "Max Mint")]
    assert mails() == [("Max Mint", f"To verify: what {item} saves")]
    assert seen(manager) == [(f"To verify: what {item} saves", "It is said to save 1,200 a year.", "Verify")]
    with tenant(organization):
        verify_impact(item=item, by=mary, value=Decimal("800.50"), reason="Lids only.")
    Organization.objects.filter(pk=organization.pk).update(currency="USD")
    sweep()
    assert seen(manager) == [(f"To verify: what {item} saves", "Somebody has verified it.", "")]
    said = f"Mary Moss verified what {item} saves"
    assert mails()[0] == ("Bob Brown", said)
    assert seen(bob) == [(said, "It saves 800.50 USD a year: “Lids only.”", "")]
    assert told(organization)[1:] == [("verified", "Bob Brown"), ("verified", "Tess Team")]


def test_a_correction_is_told_and_what_it_corrects_is_not(
    committed_db: None, organization: Organization, item: WorkItem, mary: Person, bob: Person
) -> None:
    complete(item, somebody_else(bob))
    with tenant(organization):
        withhold_news(organization=organization)
        verify_impact(item=item, by=mary, value=Decimal(900))
    make_notices(organization=organization)
    with tenant(organization):
        verify_impact(item=item, by=mary, value=Decimal(0), reason="No lids were bought.")
    sweep()
    reasons = [reason for _, reason, _ in seen(bob)]
    assert reasons == ["It saves nothing: “No lids were bought.”", "The figure no longer counts."]
    assert [(letter.to[0], "No lids" in letter.body, "900" in letter.body) for letter in mail.outbox] == [
        ("Bob Brown <bob@riverside.example>", True, False),
        ("Tess Team <tess@riverside.example>", True, False),
    ]


def test_what_else_it_brings_is_asked_for_and_told_of(
    committed_db: None, organization: Organization, item: WorkItem, managers: list[Person], bob: Person
) -> None:
    mary, manager = managers
    by = somebody_else(bob)
    with tenant(organization):
        begin_impacts(organization=organization)
        hours, safety = (ImpactKind.objects.get(name=name) for name in ("Time saved", "Safety"))
        complete_item(item=item, by=by, impacts={hours: Decimal(120), safety: "No stings."})
    sweep()
    asked = f"To verify: what {item} brings"
    assert seen(manager) == [(asked, "Somebody is to look at what else it brings.", "Verify")]
    with tenant(organization):
        verify_impact(item=item, by=mary, kind=hours, value=Decimal(100), reason="Timed")
        verify_impact(item=item, by=mary, kind=safety, value=Decimal(0), reason="Stung on Monday")
        choose_language(person=bob, language="de")
    sweep()
    assert seen(manager) == [(asked, "Somebody has verified it.", "")]
    assert seen(bob)[:2] == [
        (f"Mary Moss konnte nicht bestätigen, was {item} außerdem bringt",
         "Safety: es ist nicht so: „Stung on Monday“", ""),
        (f"Mary Moss hat geprüft, was {item} außerdem bringt", "Time saved: 100 hours im Jahr: „Timed“", ""),
    ]  # fmt: skip


def test_where_no_manager_of_theirs_may_verify_all_who_may_are_asked(
    organization: Organization, item: WorkItem, mary: Person, bob: Person
) -> None:
    owner = somebody(organization, "Olive Owner")
    RoleAssignmentFactory(organization=organization, person=owner, role=Role.OWNER)
    complete(item, mary)  # who has had a hand in it then
    make_notices(organization=organization)
    assert told(organization) == [("to_verify", "Olive Owner")]


def test_what_saves_nothing_is_not_to_be_verified_until_somebody_says_that_it_does(
    organization: Organization, item: WorkItem, mary: Person, bob: Person
) -> None:
    complete(item, somebody_else(bob), None)
    make_notices(organization=organization)
    assert told(organization) == []
    for impact in (500, 600):
        with tenant(organization):
            found = WorkItem.objects.get(pk=item.pk)
            edit_item(item=found, by=bob, seen=edition(found), said={"impact": Decimal(impact)})
        make_notices(organization=organization)
        assert told(organization) == [("to_verify", "Mary Moss")]
    assert seen(mary)[0][1] == "It is said to save 600 a year."


# --- what becomes of work


def test_its_people_learn_what_becomes_of_their_work_and_why(
    committed_db: None, organization: Organization, item: WorkItem, mary: Person, bob: Person, tess: Person
) -> None:
    with tenant(organization):
        start_item(item=item, by=bob)
        decline_item(item=item, by=mary, reason="The lids\nare ordered centrally.")
    sweep()
    with tenant(organization):
        ItemNews.objects.filter(kind="declined").update(to_tell=True)  # a bell that rang twice
    sweep()
    assert told(organization) == [("outcome", "Bob Brown"), ("outcome", "Tess Team")]
    said = (f"Mary Moss did not take on {item}", "“The lids are ordered centrally.”", "")
    assert (seen(bob), seen(mary)) == ([said], [])
    assert mails() == [("Bob Brown", said[0]), ("Tess Team", said[0])]
    assert f"{said[1]}\n\nSee the work\nhttp://testserver{item.get_absolute_url()}\n" in mail.outbox[0].body
    with tenant(organization):
        reopen_item(item=item, by=mary)
        complete_item(item=item, by=mary)
        ends = [
            void_item(item=item, by=bob, reason="Sent twice"),
            add_task(author=bob, leader=bob, title="Ask"),
        ]
        complete_item(item=ends[1], by=mary)
    make_notices(organization=organization)
    assert [headline for headline, _, _ in seen(tess)[:3]] == [
        f"Bob Brown removed {item}", f"Mary Moss completed {item}", f"Mary Moss opened {item} again"
    ]  # fmt: skip
    assert seen(bob)[0] == (f"Mary Moss marked {ends[1]} as done", "", "")


def test_what_was_opened_again_meanwhile_is_not_mailed_as_completed_and_each_chooses(
    committed_db: None, organization: Organization, item: WorkItem, mary: Person, bob: Person, tess: Person
) -> None:
    with tenant(organization):
        stop_mails(person=tess, kinds=["outcome"])
        complete_item(item=item, by=mary)
    make_notices(organization=organization)
    with tenant(organization):
        reopen_item(item=item, by=mary)
    sweep()
    assert mails() == [("Bob Brown", f"Mary Moss opened {item} again")]
    assert [headline for headline, _, _ in seen(tess)] == [
        f"Mary Moss opened {item} again", f"Mary Moss completed {item}"
    ]  # fmt: skip


# --- being put on work


def test_whoever_is_put_on_work_by_another_is_told(
    committed_db: None, organization: Organization, bob: Person, tess: Person, mary: Person, alice: Person
) -> None:
    with tenant(organization):
        day = clock.now().date() + timedelta(days=30)
        project = start_project(author=bob, leader=tess, title="New ward", team=[tess, bob, mary])
        walk = plan_event(author=bob, leader=bob, title="Walk", happens_on=day, team=[alice])
    sweep()
    assert mails() == [
        ("Alice Adams", f"Bob Brown put you down for EVT-{walk.number} Walk"),
        ("Mary Moss", f"Bob Brown put you on the team of PRJ-{project.number} New ward"),
        ("Tess Team", f"Bob Brown put you in charge of PRJ-{project.number} New ward"),
    ]
    assert seen(alice)[0][1] == f"It takes place on {day:%-d %B %Y}."


def test_of_a_change_only_those_who_are_new_are_told_and_nobody_who_is_off_again(
    committed_db: None, organization: Organization, item: WorkItem, bob: Person, tess: Person, mary: Person
) -> None:
    lea, nina = (somebody(organization, name) for name in ("Lea Lead", "Nina New"))
    teams = [[tess, nina, mary], [tess, nina]]
    with tenant(organization):
        for team in teams:
            found = WorkItem.objects.get(pk=item.pk)
            edit_item(item=found, by=mary, seen=edition(found), said={"leader": lea, "team": team})
    make_notices(organization=organization)
    assert told(organization) == [("named", "Lea Lead"), ("named", "Nina New")]
    with tenant(organization):
        found = WorkItem.objects.get(pk=item.pk)
        edit_item(item=found, by=bob, seen=edition(found), said={"team": [tess]})
    sweep()
    assert mails() == [("Lea Lead", f"Mary Moss put you in charge of {item}")]


# --- whoever it is


def test_a_merged_record_is_told_as_the_one_that_is_kept(
    organization: Organization, item: WorkItem, bob: Person, mary: Person, alice: Person
) -> None:
    kept = somebody(organization, "Robert Brown")
    with tenant(organization):
        add_comment(item=item, author=bob, text="I am on it.")
        add_comment(item=item, author=mary, text="Thank you.")
        merge_people(kept=kept, merged=bob, by=alice)
    make_notices(organization=organization)
    names = ["Robert Brown", "Tess Team", "Tess Team"]
    assert told(organization) == [("commented", name) for name in names]


def test_what_is_sent_back_is_told_to_author_and_leader_alone(
    committed_db: None, organization: Organization, item: WorkItem, managers: list[Person], bob: Person
) -> None:
    mint = managers[1]
    with tenant(organization):
        begin_impacts(organization=organization)
        hours = ImpactKind.objects.get(name="Time saved")
        lead = somebody(organization, "Lea Lead")
        edit_item(item=item, by=mint, seen=edition(item), said={"leader": lead})
        done = complete_item(item=item, by=lead, impact=Decimal(500), impacts={hours: Decimal(40)})
        withhold_news(organization=organization)
        for kind in (None, hours):
            send_back(item=done, by=mint, kind=kind, reason="Counted twice", seen=what_stands(done, kind))
    make_notices(organization=organization)
    assert told(organization) == [
        ("outcome", name) for name in ("Bob Brown", "Bob Brown", "Lea Lead", "Lea Lead")
    ]
    assert seen(bob) == [
        (f"Max Mint sent back what else {item} brings", "Time saved: 40 hours a year: “Counted twice”", ""),
        (f"Max Mint sent back what {item} saves", "500 a year: “Counted twice”", ""),
    ]
    with tenant(organization):
        report_anew(item=done, by=bob, said=Decimal(450))
    assert [reason for _, reason, _ in seen(bob)] == [
        "Time saved: 40 hours a year: “Counted twice”",
        "Somebody has seen to it.",
    ]
    sweep()
    assert ("Bob Brown", f"Max Mint sent back what else {item} brings") in mails()
    assert ("Max Mint", f"To verify: what {item} saves") in mails()


def test_in_the_language_of_its_reader(
    committed_db: None, organization: Organization, item: WorkItem, managers: list[Person], bob: Person
) -> None:
    with tenant(organization):
        choose_language(person=managers[1], language="de")
    complete(item, somebody_else(bob), "1234.5")
    sweep()
    assert mails() == [("Max Mint", f"Zu prüfen: was {item} einspart")]
    assert "Es soll 1.234,50 im Jahr einsparen." in mail.outbox[0].body


def test_administrators_see_among_the_mails_what_they_were_about(
    organization: Organization, item: WorkItem, mary: Person, as_alice: Client
) -> None:
    with tenant(organization):
        add_comment(item=item, author=mary, text="A secret of ours.")
    make_notices(organization=organization)
    page = as_alice.get("/riverside/deliveries/?show=waiting").text
    assert f"{item}, comment" in page
    assert "A secret" not in page


def test_the_database_wants_one_cause_of_each_news(
    organization: Organization, item: WorkItem, mary: Person
) -> None:
    with tenant(organization):
        comment = add_comment(item=item, author=mary, text="Well done.")
        of = {"organization": organization, "item": item, "by": mary, "at": clock.now()}
        for wrong in (
            {"kind": "commented"},
            {"kind": "to_verify", "comment": comment},
            {"kind": "team"},
            {"kind": "declined"},
            {"kind": "?"},
        ):
            with pytest.raises(IntegrityError, match="item_news_of_something"), transaction.atomic():
                ItemNews.objects.create(**of, **wrong)
        with pytest.raises(IntegrityError, match="item_news_comment_once"), transaction.atomic():
            ItemNews.objects.create(**of, kind="commented", comment=comment)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            ItemNews.objects.update(by=item.author)
