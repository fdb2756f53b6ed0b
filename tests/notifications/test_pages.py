"""Notices in Lapel: one's own, and nobody else's; and the administrators' look at the mail."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries, Settings

from badges.actions import revoke_award
from badges.models import Badge
from notifications.actions import make_notices, mark_read
from notifications.context_processors import notices
from notifications.models import Delivery, DeliveryState, Notice
from people.models import AuditEntry, Organization, Person, RoleAssignment
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give

ADDRESSES = ["/riverside/notices/", "/riverside/notices/read/", "/riverside/deliveries/"]


@pytest.fixture
def notice(organization: Organization, give: Give, bob: Person) -> Notice:
    """Bob earned Coach."""
    give(bob)
    make_notices(organization=organization)
    with tenant(organization):
        return Notice.objects.select_related("award").get()


def unread(person: Person) -> int:
    with tenant(person.organization):
        return Notice.objects.filter(recipient=person).unread().count()


def test_the_list_tells_what_was_earned_and_why(notice: Notice, as_bob: Client) -> None:
    page = as_bob.get("/riverside/notices/")
    assert [(one.headline, one.notice.read_at) for one in page.context["told"]] == [
        ("You earned Coach", None)
    ]
    assert "Alice Adams gave it to you on" in page.content.decode()


def test_the_list_tells_what_was_lost(notice: Notice, alice: Person, as_bob: Client) -> None:
    with tenant(alice.organization):
        revoke_award(award=notice.award, by=alice, reason="Wrong Bob")
    make_notices(organization=alice.organization)
    page = as_bob.get("/riverside/notices/")
    assert [one.headline for one in page.context["told"]] == ["Coach was taken back", "You earned Coach"]
    assert "Alice Adams took it back on" in page.content.decode()


def test_others_notices_are_not_mine(notice: Notice, as_mary: Client) -> None:
    assert as_mary.get("/riverside/notices/").context["told"] == []
    assert as_mary.get(f"/riverside/notices/{notice.pk}/").status_code == 404
    assert as_mary.post(f"/riverside/notices/{notice.pk}/read/").status_code == 404


def test_another_organization_finds_nothing(notice: Notice, as_charlie: Client, bob: Person) -> None:
    for address in (*ADDRESSES, f"/riverside/notices/{notice.pk}/", f"/halden/notices/{notice.pk}/"):
        assert as_charlie.get(address).status_code in {404, 405} - ({405} if "read" not in address else set())
    assert as_charlie.post(f"/halden/notices/{notice.pk}/read/").status_code == 404
    assert as_charlie.post("/halden/notices/read/").status_code == 302
    assert unread(bob) == 1


def test_strangers_are_asked_to_log_in(notice: Notice, client: Client) -> None:
    for address in ADDRESSES:
        assert client.get(address).headers["Location"].startswith("/accounts/login/?next=")


def test_opening_leads_to_the_award_and_reads_the_notice(notice: Notice, as_bob: Client, bob: Person) -> None:
    answer = as_bob.get(f"/riverside/notices/{notice.pk}/")
    assert answer.headers["Location"] == f"/riverside/awards/{notice.award_id}/"
    assert unread(bob) == 0


def test_one_is_read_from_the_home_page(notice: Notice, as_bob: Client, bob: Person) -> None:
    answer = as_bob.post(f"/riverside/notices/{notice.pk}/read/", {"back": "home"})
    assert answer.headers["Location"] == "/riverside/"
    assert unread(bob) == 0


def test_all_are_read_at_once_and_only_mine(
    organization: Organization, notice: Notice, give: Give, mary: Person, bob: Person, as_bob: Client
) -> None:
    give(mary)
    make_notices(organization=organization)
    assert as_bob.post("/riverside/notices/read/").headers["Location"] == "/riverside/notices/"
    assert (unread(bob), unread(mary)) == (0, 1)


def test_reading_again_keeps_the_first_time(notice: Notice, bob: Person) -> None:
    with tenant(bob.organization):
        assert [mark_read(person=bob), mark_read(person=bob)] == [1, 0]


def test_looking_at_the_list_reads_nothing(notice: Notice, as_bob: Client, bob: Person) -> None:
    as_bob.get("/riverside/notices/")
    assert unread(bob) == 1
    assert as_bob.get("/riverside/notices/read/").status_code == 405


@pytest.mark.parametrize("number", ["0", "-1", "9" * 18, "9" * 40, "١", "%00", "x"])
def test_odd_numbers_find_nothing(notice: Notice, as_bob: Client, as_alice: Client, number: str) -> None:
    assert as_bob.get(f"/riverside/notices/{number}/").status_code == 404
    assert as_alice.post(f"/riverside/deliveries/{number}/retry/").status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=" + "9" * 400, "page=%00", "show=__class__", "show=%00"])
def test_odd_questions_get_an_answer(notice: Notice, as_alice: Client, query: str) -> None:
    for address in ("/riverside/notices/", "/riverside/deliveries/"):
        assert as_alice.get(f"{address}?{query}").status_code == 200


def test_notices_of_withdrawn_badges_are_gone(notice: Notice, badge: Badge, as_bob: Client) -> None:
    with tenant(badge.organization):
        Badge.objects.filter(pk=badge.pk).update(state="withdrawn")
    page = as_bob.get("/riverside/notices/")
    assert (page.context["told"], page.context["unread_count"]) == ([], 0)


def test_names_are_shown_as_text(organization: Organization, give: Give, bob: Person, as_bob: Client) -> None:
    name = "<img src=x onerror=alert(1)> {{7*7}}"
    give(bob, badge=BadgeFactory(organization=organization, name=name))
    make_notices(organization=organization)
    page = as_bob.get("/riverside/notices/").content.decode()
    assert (page.count("onerror"), page.count(escape(name)), page.count("<img src=x")) == (1, 1, 0)


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_list_asks_as_often_for_many(
    organization: Organization, notice: Notice, give: Give, bob: Person, as_bob: Client
) -> None:
    few = queries_of(as_bob, "/riverside/notices/")
    for _ in range(3):
        give(bob, badge=BadgeFactory(organization=organization))
    make_notices(organization=organization)
    assert queries_of(as_bob, "/riverside/notices/") == few < 25


# --- the bell and the banner


@pytest.fixture
def ask(organization: Organization, rf: RequestFactory) -> Callable[[Person, str], str]:
    """A template as it is shown to somebody."""

    def ask(person: Person, template: str) -> str:
        request = rf.get("/riverside/")
        request.person, request.organization = person, organization  # type: ignore[attr-defined]
        with tenant(organization):
            return render_to_string(template, {}, request)

    return ask


def test_the_bell_counts_what_is_new_and_shows_it_when_it_is_opened(
    notice: Notice, bob: Person, as_bob: Client, as_mary: Client, ask: Callable
) -> None:
    bell = ask(bob, "notifications/_bell.html")
    assert bell.count('aria-label="Notices, 1 new"') == 2, "once for those without scripts"
    assert 'hx-get="/riverside/notices/latest/"' in bell
    assert f'href="/riverside/notices/{notice.pk}/"' in as_bob.get("/riverside/notices/latest/").text
    assert "Nothing yet." in as_mary.get("/riverside/notices/latest/").text
    with tenant(bob.organization):
        mark_read(person=bob)
    assert 'aria-label="Notices"' in ask(bob, "notifications/_bell.html")


def test_the_bell_costs_one_query(
    notice: Notice, bob: Person, rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = rf.get("/riverside/")
    request.person = bob  # type: ignore[attr-defined]
    with tenant(bob.organization):
        context = notices(request)
        assert not bob.gives_by_hand  # which the rest of the frame has asked
        with django_assert_num_queries(1):
            assert int(str(context["unread_count"])) == 1


def test_nobody_pays_for_a_bell_they_do_not_see(
    rf: RequestFactory,
    organization: Organization,
    bob: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    assert notices(rf.get("/")) == {}
    request = rf.get("/riverside/")
    request.person = bob  # type: ignore[attr-defined]
    with tenant(organization), django_assert_num_queries(0):
        notices(request)


def test_the_banner_congratulates_until_it_was_read(notice: Notice, bob: Person, ask: Callable) -> None:
    banner = ask(bob, "notifications/_banner.html")
    assert '<h2 id="banner" lang="en-gb">You earned Coach</h2>' in banner
    assert f'action="/riverside/notices/{notice.pk}/read/"' in banner
    with tenant(bob.organization):
        mark_read(person=bob)
    assert ask(bob, "notifications/_banner.html").strip() == ""


def test_the_banner_does_not_congratulate_on_what_is_over(
    notice: Notice, bob: Person, alice: Person, ask: Callable
) -> None:
    with tenant(bob.organization):
        revoke_award(award=notice.award, by=alice, reason="Wrong Bob")
    assert ask(bob, "notifications/_banner.html").strip() == ""


# --- mail in trouble


@pytest.fixture
def dead(notice: Notice) -> Delivery:
    with tenant(notice.organization):
        Delivery.objects.update(state=DeliveryState.DEAD, attempts=1, last_error="550 no such <user>")
        return Delivery.objects.get()


def test_administrators_see_what_was_given_up(dead: Delivery, as_alice: Client) -> None:
    page = as_alice.get("/riverside/deliveries/")
    assert [delivery.pk for delivery in page.context["page"]] == [dead.pk]
    assert "550 no such &lt;user&gt;" in page.content.decode()


@pytest.mark.parametrize("tab", ["waiting", "withheld", "sent"])
def test_each_tab_shows_its_own(dead: Delivery, as_alice: Client, tab: str) -> None:
    assert list(as_alice.get(f"/riverside/deliveries/?show={tab}").context["page"]) == []


def test_waiting_mail_says_what_went_wrong(dead: Delivery, as_alice: Client) -> None:
    with tenant(dead.organization):
        Delivery.objects.update(state=DeliveryState.QUEUED, uncertain=True)
    page = as_alice.get("/riverside/deliveries/?show=waiting").content.decode()
    assert ("Will be tried again" in page, "may have been sent twice" in page) == (True, True)


def test_employees_and_managers_do_not(dead: Delivery, as_bob: Client, as_mary: Client) -> None:
    for client in (as_bob, as_mary):
        assert client.get("/riverside/deliveries/").status_code == 403
        assert client.post(f"/riverside/deliveries/{dead.pk}/retry/").status_code == 403


def test_one_of_the_two_rights_is_enough(dead: Delivery, as_alice: Client, alice: Person) -> None:
    with tenant(alice.organization):
        RoleAssignment.objects.filter(person=alice, role="user_administrator").delete()
    assert as_alice.get("/riverside/deliveries/").status_code == 200


def test_another_organization_does_not_see_or_retry(dead: Delivery, as_charlie: Client) -> None:
    assert list(as_charlie.get("/halden/deliveries/").context["page"]) == []
    assert as_charlie.post(f"/halden/deliveries/{dead.pk}/retry/").status_code == 404
    assert as_charlie.post(f"/riverside/deliveries/{dead.pk}/retry/").status_code == 404


def test_what_was_given_up_is_tried_again(dead: Delivery, as_alice: Client) -> None:
    answer = as_alice.post(f"/riverside/deliveries/{dead.pk}/retry/", follow=True)
    assert "The mail to bob@riverside.example is on its way again." in answer.content.decode()
    with tenant(dead.organization):
        assert list(Delivery.objects.values_list("state", "attempts")) == [("queued", 0)]
    again = as_alice.post(f"/riverside/deliveries/{dead.pk}/retry/", follow=True)
    assert "there is nothing to try again" in again.content.decode()


def test_all_that_was_given_up_and_is_asked_for_is_tried_again_at_once(
    dead: Delivery, give: Give, mary: Person, as_alice: Client
) -> None:
    with tenant(dead.organization):
        give(mary)
        make_notices(organization=dead.organization)
        Delivery.objects.update(state=DeliveryState.DEAD, attempts=1)
    assert "Try all 2 again" in as_alice.get("/riverside/deliveries/").text
    answer = as_alice.post("/riverside/deliveries/retry/?q=bob", follow=True)
    assert "1 mail is on the way again." in answer.text
    as_alice.post("/riverside/deliveries/retry/")
    with tenant(dead.organization):
        assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
        assert AuditEntry.objects.filter(action="delivery.retried").count() == 2


def test_trying_again_needs_a_post(dead: Delivery, as_alice: Client) -> None:
    assert as_alice.get(f"/riverside/deliveries/{dead.pk}/retry/").status_code == 405


def test_the_deliveries_ask_as_often_for_many(
    organization: Organization, dead: Delivery, give: Give, as_alice: Client
) -> None:
    few = queries_of(as_alice, "/riverside/deliveries/")
    for _ in range(3):
        give(PersonFactory(organization=organization))
    make_notices(organization=organization)
    with tenant(organization):
        Delivery.objects.update(state=DeliveryState.DEAD)
    assert queries_of(as_alice, "/riverside/deliveries/") == few < 27


def test_the_host_header_leads_nobody_anywhere(notice: Notice, as_bob: Client, settings: Settings) -> None:
    assert as_bob.get("/riverside/notices/", headers={"host": "evil.example"}).status_code == 400
