"""Who may open what: every address of an organization, for every kind of visitor, in one table.

The table is complete in both directions: an address without a row fails, and so does a row without an address.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from activity.attaching import attach_file
from activity.commenting import add_comment
from activity.impact_kinds import add_impact_kind
from activity.models import ItemKind, Measure
from activity.sending_back import send_back, what_stands
from activity.steps import complete_item, submit_improvement
from activity.workflow import add_step
from badges.actions import grant_by_hand, revoke_award
from badges.arranging import add_category
from badges.batches import draft_batch
from badges.evidence import Piece
from badges.models import AwardEvent, Evidence
from badges.nominating import nominate
from boards.asked import asked
from boards.exports import start_export
from boards.lists import save_list
from boards.merging import merge_people
from integrations.imports import upload_file
from notifications.models import Delivery, Notice, StoppedAddress
from people.clock import now
from people.files import SafeFile
from people.invitations import invite_person
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule
from rules.actions_trials import request_trial
from rules.settings_trials import request_settings_trial
from tests.badges.pictures import picture
from tests.conftest import logged_in
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    KindFactory,
    LocationFactory,
    PersonFactory,
    PlacementFactory,
    RoleAssignmentFactory,
    UserFactory,
)

# Roles, as letters: employee, manager, badge administrator, user administrator, both of these, auditor, owner
EVERYBODY = "e m b u a d o"
WORKERS = "e m b u a o"
MANAGERS = "m o"
BADGES = "b a o"
EITHER = "b u a o"
STATISTICS = "b a d o"
GIVERS = "a o"
HISTORIES = "m b u a d o"
PEOPLE = "u a o"
SETTINGS = "u a d o"


@dataclass(frozen=True)
class Route:
    """Who may read an address and who may send to it; "" where there is nothing to read or send."""

    read: str = ""
    send: str = ""
    kwargs: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


ROUTES = {
    "people:home": Route(read=EVERYBODY),
    "people:list": Route(read=EVERYBODY),
    "people:columns": Route(send=EVERYBODY),
    "people:exports": Route(read=EVERYBODY, send=EVERYBODY),
    "people:export": Route(read="", kwargs={"export_id": "export"}),
    "people:export_file": Route(read="", kwargs={"export_id": "export"}),
    "people:suggestions": Route(read=EVERYBODY),
    "people:lists": Route(read=EVERYBODY),
    "people:save_list": Route(read=EVERYBODY, send=EVERYBODY, data={"name": "Renewals due"}),
    "people:change_list": Route(read="", kwargs={"list_id": "list"}),
    "people:remove_list": Route(read="", kwargs={"list_id": "list"}),
    "people:profile": Route(read=EVERYBODY, kwargs={"person_id": "person"}),
    "people:merge": Route(read=PEOPLE, kwargs={"person_id": "person"}),
    "people:merge_preview": Route(
        read=PEOPLE, send=PEOPLE, kwargs={"person_id": "person", "other_id": "second"}
    ),
    "people:merged": Route(read=PEOPLE, send=PEOPLE, kwargs={"merge_id": "merge"}),
    "administration:overview": Route(read=SETTINGS),
    "administration:organization": Route(read="o", send="o"),
    "administration:locations": Route(read=PEOPLE),
    "administration:trial": Route(read=PEOPLE, send=PEOPLE, kwargs={"trial_id": "settings_trial"}),
    "administration:add_location": Route(read=PEOPLE, send=PEOPLE),
    "administration:location": Route(read=PEOPLE, send=PEOPLE, kwargs={"location_id": "location"}),
    "administration:close_location": Route(send=PEOPLE, kwargs={"location_id": "location"}),
    "administration:open_location": Route(send=PEOPLE, kwargs={"location_id": "location"}),
    "administration:people": Route(read=PEOPLE),
    "administration:invite_several": Route(read=PEOPLE, send=PEOPLE),
    "administration:add_person": Route(read=PEOPLE, send=PEOPLE),
    "administration:person": Route(read=PEOPLE, send=PEOPLE, kwargs={"person_id": "person"}),
    "administration:leave": Route(read=PEOPLE, send=PEOPLE, kwargs={"person_id": "person"}),
    "administration:return": Route(send=PEOPLE, kwargs={"person_id": "person"}),
    "administration:placement": Route(
        read=PEOPLE, send=PEOPLE, kwargs={"person_id": "person", "placement_id": "placement"}
    ),
    "administration:person_roles": Route(read=PEOPLE, send=PEOPLE, kwargs={"person_id": "person"}),
    "administration:invite": Route(send=PEOPLE, kwargs={"person_id": "person"}),
    "administration:roles": Route(read=SETTINGS),
    "administration:take_role": Route(send=PEOPLE, kwargs={"assignment_id": "assignment"}),
    "administration:invitations": Route(read=PEOPLE),
    "administration:withdraw": Route(send=PEOPLE, kwargs={"invitation_id": "invitation"}),
    "administration:logo": Route(read="o", send="o"),
    "administration:logo_image": Route(read="", kwargs={"digest": "badge"}),
    "administration:audit": Route(read="d o"),
    "activity:list": Route(read=EVERYBODY),
    "activity:export": Route(read=EVERYBODY),
    "activity:board": Route(read=EVERYBODY),
    "activity:create": Route(read=WORKERS, send=WORKERS),
    "activity:detail": Route(read=EVERYBODY, kwargs={"number": "item"}),
    "activity:edit": Route(read=MANAGERS, send=MANAGERS, kwargs={"number": "item"}),
    "activity:move": Route(read=EVERYBODY, send="m o", kwargs={"number": "item"}, data={"step": "start"}),
    "activity:void": Route(read="m o", send="m o", kwargs={"number": "item"}),
    "activity:impact_kinds": Route(read=BADGES, send=BADGES),
    "activity:impact_kind": Route(read=BADGES, send=BADGES, kwargs={"kind_id": "impact_kind"}),
    "activity:shift_impact_kind": Route(
        send=BADGES, kwargs={"kind_id": "impact_kind"}, data={"direction": "up"}
    ),
    "activity:verify_impact": Route(
        read=MANAGERS, send=MANAGERS, kwargs={"number": "done", "kind_id": "impact_kind"}
    ),
    "activity:send_back": Route(read=MANAGERS, send=MANAGERS, kwargs={"number": "done"}),
    "activity:send_back_impact": Route(
        read=MANAGERS, send=MANAGERS, kwargs={"number": "done", "kind_id": "impact_kind"}
    ),
    "activity:report_anew": Route(read=MANAGERS, send=MANAGERS, kwargs={"number": "returned"}),
    "activity:report_impact_anew": Route(
        read=MANAGERS, send=MANAGERS, kwargs={"number": "returned", "kind_id": "impact_kind"}
    ),
    "activity:verify": Route(read=MANAGERS, send=MANAGERS, kwargs={"number": "item"}),
    "activity:comment": Route(read=WORKERS, send=WORKERS, kwargs={"number": "item"}),
    "activity:withdraw_comment": Route(kwargs={"number": "item", "comment_id": "comment"}),
    "activity:attach": Route(read=WORKERS, send=WORKERS, kwargs={"number": "item"}),
    "activity:attachment": Route(read=EVERYBODY, kwargs={"attachment_id": "attachment"}),
    "activity:preview": Route(read=EVERYBODY, kwargs={"attachment_id": "picture"}),
    "activity:remove_attachment": Route(read=MANAGERS, send=MANAGERS, kwargs={"attachment_id": "attachment"}),
    "activity:to_step": Route(send="m o", kwargs={"number": "item", "step_id": "step"}),
    "activity:kinds": Route(read=BADGES, send=BADGES),
    "activity:kind": Route(read=BADGES, send=BADGES, kwargs={"name": "kind"}),
    "activity:steps": Route(read=MANAGERS, send=MANAGERS, data={"kind": "task"}),
    "activity:step": Route(read=MANAGERS, send=MANAGERS, kwargs={"step_id": "step"}),
    "activity:shift_step": Route(send=MANAGERS, kwargs={"step_id": "step"}, data={"direction": "up"}),
    "activity:remove_step": Route(send=MANAGERS, kwargs={"step_id": "step"}),
    "badges:categories": Route(read=BADGES, send=BADGES),
    "badges:category": Route(read=BADGES, send=BADGES, kwargs={"category_id": "category"}),
    "badges:shift_category": Route(send=BADGES, kwargs={"category_id": "category"}, data={"direction": "up"}),
    "badges:remove_category": Route(send=BADGES, kwargs={"category_id": "category"}),
    "badges:shift": Route(send=BADGES, kwargs={"slug": "badge"}, data={"direction": "up"}),
    "badges:overview": Route(read=STATISTICS),
    "badges:overview_file": Route(read=STATISTICS),
    "badges:statistics": Route(read=STATISTICS, kwargs={"slug": "badge"}),
    "badges:bulk": Route(read="a d o", send=GIVERS),
    "badges:batch": Route(read="", kwargs={"batch_id": "batch"}),
    "badges:batch_file": Route(read="", kwargs={"batch_id": "batch"}),
    "badges:start_batch": Route(send="", kwargs={"batch_id": "batch"}),
    "badges:undo_batch": Route(send="", kwargs={"batch_id": "batch"}),
    "people:bulk": Route(send=GIVERS),
    "badges:list": Route(read=EVERYBODY),
    "badges:detail": Route(read=EVERYBODY, kwargs={"slug": "badge"}),
    "badges:award": Route(read=EVERYBODY, kwargs={"award_id": "award"}),
    "badges:emblem": Route(read="", kwargs={"emblem_id": "award", "width": "width"}),
    "badges:create": Route(read=BADGES, send=BADGES),
    "badges:edit": Route(read=BADGES, send=BADGES, kwargs={"slug": "badge"}),
    "badges:state": Route(read=BADGES, send=BADGES, kwargs={"slug": "badge", "state": "retired"}),
    "badges:give": Route(read=GIVERS, send=GIVERS, kwargs={"person_id": "person"}),
    "badges:give_badge": Route(read=GIVERS, send=GIVERS, kwargs={"slug": "badge"}),
    "badges:revoke": Route(read=GIVERS, send=GIVERS, kwargs={"award_id": "award"}),
    "badges:reinstate": Route(read=GIVERS, send=GIVERS, kwargs={"award_id": "revoked"}),
    "badges:praise": Route(send=WORKERS, kwargs={"award_id": "award"}),
    "badges:add_evidence": Route(read=GIVERS, send=GIVERS, kwargs={"award_id": "award"}),
    "badges:evidence_file": Route(read=HISTORIES, kwargs={"evidence_id": "evidence"}),
    "badges:withdraw_evidence": Route(read=GIVERS, send=GIVERS, kwargs={"evidence_id": "evidence"}),
    "badges:hide": Route(read=EVERYBODY, send=EVERYBODY, data={"choice": "shown"}),
    "badges:nominations": Route(read=WORKERS),
    "badges:nominate": Route(read=WORKERS, send=WORKERS),
    "badges:nomination_queue": Route(read=GIVERS),
    "badges:nomination": Route(read=GIVERS, send=GIVERS, kwargs={"nomination_id": "nomination"}),
    "badges:withdraw_nomination": Route(kwargs={"nomination_id": "nomination"}),
    "rules:gallery": Route(read=BADGES, send=BADGES, data={"preset": "first-project"}),
    "rules:holders_on": Route(read=HISTORIES, kwargs={"slug": "badge"}),
    "rules:holders_file": Route(read=HISTORIES, kwargs={"slug": "badge"}),
    "rules:held_by": Route(read=HISTORIES, kwargs={"person_id": "person"}),
    "rules:held_by_file": Route(read=HISTORIES, kwargs={"person_id": "person"}),
    "rules:how_far": Route(read=EVERYBODY, kwargs={"slug": "badge"}),
    "rules:edit": Route(read=BADGES, send=BADGES, kwargs={"slug": "badge"}),
    "rules:export": Route(read=BADGES, kwargs={"slug": "badge"}),
    "rules:import": Route(read=BADGES, send=BADGES, kwargs={"slug": "badge"}),
    "rules:history": Route(read=HISTORIES, kwargs={"slug": "badge"}),
    "rules:trial": Route(read=BADGES, kwargs={"slug": "badge", "trial_id": "trial"}),
    "rules:state": Route(send=BADGES, kwargs={"slug": "badge", "state": "paused"}),
    "notifications:copy_badge": Route(read=BADGES, send=BADGES, kwargs={"slug": "badge"}),
    "notifications:list": Route(read=EVERYBODY),
    "notifications:latest": Route(read=EVERYBODY),
    "notifications:read_all": Route(send=EVERYBODY),
    "notifications:open": Route(read="", kwargs={"notice_id": "notice"}),
    "notifications:read": Route(send="", kwargs={"notice_id": "notice"}),
    "notifications:preferences": Route(read=EVERYBODY, send=EVERYBODY),
    "notifications:texts": Route(read=BADGES),
    "notifications:text_new": Route(read=BADGES),
    "notifications:text_shown": Route(read=BADGES, kwargs={"kind": "earned"}),
    "notifications:text": Route(read=BADGES, send=BADGES, kwargs={"kind": "earned"}),
    "notifications:deliveries": Route(read=EITHER),
    "notifications:trust_address": Route(send=EITHER, kwargs={"stopped_id": "stopped"}),
    "notifications:retry_all": Route(send=EITHER),
    "notifications:retry": Route(send=EITHER, kwargs={"delivery_id": "delivery"}),
    "integrations:change_people": Route(read=PEOPLE, send=PEOPLE, data={"title": "Nurse"}),
    "integrations:let_people_leave": Route(read=PEOPLE, send=PEOPLE, data={"left_on": "2026-01-01"}),
    "integrations:let_people_return": Route(read=PEOPLE, send=PEOPLE),
    "integrations:imports": Route(read=PEOPLE, send=PEOPLE),
    "integrations:template": Route(read=PEOPLE),
    "integrations:import": Route(read=PEOPLE, send=PEOPLE, kwargs={"import_id": "import"}),
    "integrations:start_import": Route(send=PEOPLE, kwargs={"import_id": "import"}),
    "integrations:undo_import": Route(send=PEOPLE, kwargs={"import_id": "import"}),
    "integrations:drop_import": Route(send=PEOPLE, kwargs={"import_id": "import"}),
    "integrations:import_faults": Route(read=PEOPLE, kwargs={"import_id": "import"}),
    "boards:search": Route(read=EVERYBODY),
    "boards:list": Route(read=EVERYBODY),
    "boards:detail": Route(read=EVERYBODY, kwargs={"board_id": "board"}),
    "boards:create": Route(read=MANAGERS, send=MANAGERS),
    "boards:rename": Route(read=MANAGERS, send=MANAGERS, kwargs={"board_id": "board"}),
    "boards:share": Route(read=MANAGERS, send=MANAGERS, kwargs={"board_id": "board"}),
    "boards:remove": Route(send=MANAGERS, kwargs={"board_id": "board"}),
    "boards:arrange": Route(send=MANAGERS, kwargs={"board_id": "board"}, data={"seen": "", "wanted": ""}),
    "boards:add_card": Route(read=MANAGERS, send=MANAGERS, kwargs={"board_id": "board"}),
    "boards:card": Route(read=MANAGERS, send=MANAGERS, kwargs={"board_id": "board", "card_id": "card"}),
    "boards:move_card": Route(
        send=MANAGERS, kwargs={"board_id": "board", "card_id": "card"}, data={"direction": "up"}
    ),
    "boards:remove_card": Route(send=MANAGERS, kwargs={"board_id": "board", "card_id": "card"}),
}

RULE = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}
ROLES = {
    "e": [],
    "m": [Role.MANAGER],
    "b": [Role.BADGE_ADMINISTRATOR],
    "u": [Role.USER_ADMINISTRATOR],
    "a": [Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR],
    "d": [Role.AUDITOR],
    "o": [Role.OWNER],
}


def organization_routes(
    resolver: URLResolver, names: tuple[str, ...] = (), inside: bool = False
) -> Iterator[str]:
    for entry in resolver.url_patterns:
        below = inside or "organization" in str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from organization_routes(
                entry, names + ((entry.namespace,) if entry.namespace else ()), below
            )
        elif isinstance(entry, URLPattern) and below:
            yield ":".join((*names, entry.name or "?"))


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert sorted(organization_routes(get_resolver())) == sorted(ROUTES)


@pytest.fixture
def world(organization: Organization) -> dict[str, Any]:
    """One of everything, belonging to Ann, whom none of the visitors is."""
    ann = PersonFactory(organization=organization, name="Ann Adams")
    badge = BadgeFactory(organization=organization, slug="badge", mode="both")
    board = BoardFactory(organization=organization, made_by=ann)
    card = CardFactory(organization=organization, board=board)
    location = LocationFactory(organization=organization)
    placement = PlacementFactory(organization=organization, person=ann, from_on=now().date())
    KindFactory(organization=organization, name="safety.walk")
    assignment = RoleAssignmentFactory(organization=organization, person=ann, role=Role.MANAGER)
    with tenant(organization):
        invitation = invite_person(person=ann, by=ann)
        save_rule(badge=badge, definition=RULE, by=ann)
        category = add_category(name="Safety", by=ann)
        change = {"name": "Moved", "parent": None}
        moved = request_settings_trial(organization=organization, by=ann, change=change, location=location)
        trial = request_trial(badge=badge, definition=RULE, policy="recheck", by=ann)
        item = submit_improvement(author=ann, title="Red lids")
        step = add_step(kind=ItemKind.IMPROVEMENT, name="Being tested", writes="", by=ann)
        comment = add_comment(item=item, author=ann, text="Well done")
        attachment = attach_file(item=item, by=ann, name="a.txt", data=b"Well done")
        drawn = attach_file(item=item, by=ann, name="a.png", data=picture())
        finn = PersonFactory(organization=organization)
        hours = add_impact_kind(name="Time saved", measure=Measure.NUMBER, unit="hours", yearly=True, by=ann)
        done = submit_improvement(author=ann, title="Blue lids")
        done = complete_item(item=done, by=finn, impact=Decimal(5), impacts={hours: Decimal(5)})
        returned = submit_improvement(author=ann, title="Green lids")
        returned = complete_item(item=returned, by=finn, impact=Decimal(5), impacts={hours: Decimal(5)})
        max_ = PersonFactory(organization=organization)
        for kind in (None, hours):
            seen = what_stands(returned, kind)
            send_back(item=returned, by=max_, kind=kind, reason="Twice", seen=seen)
        honour = BadgeFactory(organization=organization, takes_nominations=True)
        nomination = nominate(badge=honour, nominee=ann, by=finn, reason="Well done")
        pieces = [Piece(file=SafeFile("a.txt", "text/plain; charset=utf-8", b"Well done"))]
        given = {"badge": badge, "person": ann, "by": None, "reason": "Well done", "evidence": pieces}
        revoked = grant_by_hand(**given)
        revoke_award(award=revoked, by=ann, reason="A mistake")
        award = grant_by_hand(**given)
        evidence = Evidence.objects.get(award=award)
        event = AwardEvent.objects.filter(award=award).latest("pk")
        of = {"organization": organization}
        rows = io.BytesIO(b"number,name\n1,Ann\n")
        upload = upload_file(by=ann, kind="people", name="a.csv", file=rows)
        saved = save_list(by=ann, name="Ann's", query="", shared=False)
        delivery = Delivery.objects.create(
            **of, recipient=ann, address="ann@x.example", next_attempt_at=now(), message_id="m", state="dead"
        )
        stopped = StoppedAddress.objects.create(
            **of, address="ann@x.example", delivery=delivery, why="bounced", stopped_at=now()
        )
        batch = draft_batch(by=ann, verb="add", person_ids=[ann.pk])
        second, third = (PersonFactory(organization=organization) for _ in range(2))
        merge = merge_people(kept=ann, merged=third, by=ann)
        export = start_export(by=ann, wanted=asked(QueryDict(""), ann), columns=["badges"])
        notice = Notice.objects.create(
            **of, event=event, award=award, recipient=ann, kind="earned", made_at=now(), delivery=delivery
        )
    return {
        "person": ann.pk, "badge": badge.slug, "board": board.pk, "card": card.pk, "list": saved.pk,
        "export": export.pk, "batch": batch.pk,
        "item": item.number, "comment": comment.pk, "attachment": attachment.pk, "step": step.pk,
        "category": category.pk,
        "evidence": evidence.pk, "nomination": nomination.pk,
        "award": award.pk, "revoked": revoked.pk, "notice": notice.pk, "delivery": delivery.pk,
        "stopped": stopped.pk,
        "location": location.pk, "placement": placement.pk, "assignment": assignment.pk,
        "invitation": invitation.pk, "width": 40, "trial": trial.pk,
        "retired": "retired", "paused": "paused", "earned": "earned",
        "done": done.number, "returned": returned.number, "impact_kind": hours.pk,
        "kind": "safety.walk", "picture": drawn.pk,
        "import": upload.pk, "second": second.pk, "settings_trial": moved.pk, "merge": merge.pk,
    }  # fmt: skip


def visitor(organization: Organization, letter: str) -> Client:
    person = PersonFactory(organization=organization, user=UserFactory())
    for role in ROLES[letter]:
        RoleAssignmentFactory(organization=organization, person=person, role=role)
    return logged_in(person)


def address(name: str, world: dict[str, Any]) -> str:
    kwargs = {key: world[value] for key, value in ROUTES[name].kwargs.items()}
    return reverse(name, kwargs={"organization": "riverside", **kwargs})


@pytest.mark.parametrize("name", ROUTES)
def test_who_may_open_what(organization: Organization, world: dict[str, Any], name: str) -> None:
    """A colleague without the right is refused with 403; what belongs to somebody alone is not found by others."""
    route, url = ROUTES[name], address(name, world)
    readers, senders = "", ""
    for letter in ROLES:
        with transaction.atomic():
            client = visitor(organization, letter)
            readers += letter if let_in(client.get(url)) else ""
            senders += letter if let_in(client.post(url, route.data)) else ""
            transaction.set_rollback(True)
    assert (readers, senders) == (route.read.replace(" ", ""), route.send.replace(" ", ""))


def let_in(response: HttpResponse) -> bool:
    assert response.status_code < 500
    return response.status_code not in {403, 404, 405}


# What administrators of a place may open of what concerns people and files, where it is about all places or others.
# Badges, rules and the texts of mails are everybody's, so nothing of them.
AT_A_PLACE = {
    **{name: "" for name, route in ROUTES.items() if BADGES in (route.read, route.send)},
    "badges:give": "", "badges:revoke": "",
    "administration:people": "read", "administration:invite_several": "read send",
    "administration:person": "", "administration:locations": "",
    "badges:bulk": "read send", "people:bulk": "send",
    "integrations:change_people": "read send", "integrations:let_people_leave": "read send",
    "integrations:let_people_return": "read send", "integrations:imports": "read send", "integrations:template": "read",
    "integrations:import": "", "integrations:start_import": "", "integrations:undo_import": "",
    "integrations:drop_import": "", "integrations:import_faults": "",
}  # fmt: skip


@pytest.mark.parametrize("name", AT_A_PLACE)
def test_what_administrators_of_a_place_may_open(
    organization: Organization, world: dict[str, Any], name: str
) -> None:
    """Files of others are not found: they are about everybody."""
    place = LocationFactory(organization=organization)
    person = PersonFactory(organization=organization, user=UserFactory())
    for role in ROLES["a"]:
        RoleAssignmentFactory(organization=organization, person=person, role=role, location=place)
    client, url = logged_in(person), address(name, world)
    found = ["read"] if let_in(client.get(url)) else []
    found += ["send"] if let_in(client.post(url, ROUTES[name].data)) else []
    assert " ".join(found) == AT_A_PLACE[name]


@pytest.mark.parametrize("name", ROUTES)
def test_strangers_find_nothing_and_the_logged_out_are_asked_to_log_in(
    organization: Organization, world: dict[str, Any], charlie: Person, name: str
) -> None:
    url = address(name, world)
    stranger, nobody = logged_in(charlie), Client()
    assert (stranger.get(url).status_code, stranger.post(url).status_code) == (404, 404)
    for answer in (nobody.get(url), nobody.post(url)):
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize(
    "name", [name for name, route in ROUTES.items() if set(route.kwargs.values()) - {"earned"}]
)
def test_another_organizations_rows_are_not_found_at_home(
    organization: Organization, world: dict[str, Any], charlie: Person, name: str
) -> None:
    """Charlie owns Halden: Riverside's ids under Halden's address lead nowhere."""
    url = address(name, world).replace("/riverside/", "/halden/", 1)
    client = logged_in(charlie)
    assert client.get(url).status_code in {404, 405}
    assert client.post(url, ROUTES[name].data).status_code in {404, 405}


def test_whoever_has_left_finds_nothing_at_the_next_click(as_bob: Client, bob: Person) -> None:
    assert as_bob.get("/riverside/").status_code == 200
    with tenant(bob.organization):
        bob.left_on = now().date()
        bob.save()
    assert as_bob.get("/riverside/").status_code == 404


def test_a_role_taken_away_is_refused_at_the_next_click(as_mary: Client, mary: Person) -> None:
    assert as_mary.get("/riverside/boards/new/").status_code == 200
    with tenant(mary.organization):
        mary.role_assignments.all().delete()
    assert as_mary.get("/riverside/boards/new/").status_code == 403


def test_a_form_without_its_token_is_refused(bob: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob.user)
    assert client.post("/riverside/improvements/new/", {"title": "Red lids"}).status_code == 403


@pytest.mark.parametrize(
    ("sent_from", "back"),
    [
        ("http://testserver/riverside/improvements/1/?page=2", "/riverside/improvements/1/?page=2"),
        ("http://evil.example/riverside/improvements/1/", "/riverside/"),
        ("http://testserver/halden/", "/riverside/"),
        ("", "/riverside/"),
    ],
)
def test_after_login_one_is_back_on_the_page_whose_form_was_sent(db: None, sent_from: str, back: str) -> None:
    """The form's own address may answer forms alone, which login could not lead to."""
    answer = Client().post("/riverside/improvements/1/move/", headers={"referer": sent_from})
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"next": [back]}
