"""Making and changing badges through the pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from badges.actions import grant_by_hand
from badges.defining import Circle, create_badge, edit_badge, set_badge_state
from badges.models import Badge, Emblem
from people.changes import Refused
from people.models import AuditEntry, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.badges.pictures import blank_png, picture
from tests.conftest import logged_in
from tests.factories import BadgeFactory, PersonFactory, RoleAssignmentFactory, UserFactory

NEW = {
    "name": "Hand Hygiene Lead",
    "description": "Keeps hands clean.",
    "kind": "training",
    "mode": "hand",
    "ends_number": "1",
    "ends_unit": "year",
    "tells_on_grant": "on",
}


def badges(organization: Organization) -> list[Badge]:
    with tenant(organization):
        return list(Badge.objects.select_related("emblem").order_by("pk"))


def create(client: Client, **said: object) -> int:
    return client.post("/riverside/badges/new/", {**NEW, **said}).status_code


def upload(data: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_a_badge_is_made_and_gets_its_address_from_its_name(
    as_alice: Client, organization: Organization
) -> None:
    assert as_alice.get("/riverside/badges/new/").status_code == 200
    response = as_alice.post("/riverside/badges/new/", NEW)
    assert (response.status_code, response["Location"]) == (302, "/riverside/badges/hand-hygiene-lead/")
    badge = badges(organization)[0]
    assert (badge.ends_after, badge.state, badge.tells_on_grant, badge.tells_on_loss) == (
        "1 year",
        "active",
        True,
        False,
    )
    assert as_alice.get("/riverside/badges/hand-hygiene-lead/").status_code == 200


def test_a_badge_by_rule_goes_on_to_its_rule(as_alice: Client, organization: Organization) -> None:
    response = as_alice.post("/riverside/badges/new/", {**NEW, "mode": "rule", "draft": "1"})
    assert response["Location"] == "/riverside/badges/hand-hygiene-lead/rule/"
    assert badges(organization)[0].state == "draft"


@pytest.mark.parametrize(
    ("name", "slug"),
    [("New", "new-2"), ("改善", "badge"), ("A_b -- c", "a-b-c"), ("demo", "demo-2"), ("x" * 80, "x" * 50)],
)
def test_every_name_makes_an_address_that_can_be_found(
    as_alice: Client, organization: Organization, name: str, slug: str
) -> None:
    assert create(as_alice, name=name) == 302
    assert badges(organization)[0].slug == slug
    assert as_alice.get(f"/riverside/badges/{slug}/").status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "x" * 300},
        {"name": "A\0b"},
        {"name": "A\u202eb"},
        {"name": "\u200d"},
        {"name": "kaizen burst"},
        {"description": ""},
        {"description": "x" * 301},
        {"criteria": "A\0b"},
        {"kind": "other"},
        {"mode": "__class__"},
        {"ends_number": "0"},
        {"ends_number": "-1"},
        {"ends_number": "1" * 5000},
        {"ends_number": "101"},
        {"ends_unit": "century"},
        {"supersedes": "nothing"},
        {"emblem": "999999"},
        {"emblem": "9" * 400},
        {"emblem": "preset:../../secret"},
        {"emblem": "preset:\0"},
        {"emblem": "٣"},
    ],
)
def test_bad_input_is_told_and_stores_nothing(
    as_alice: Client, organization: Organization, said: dict[str, str]
) -> None:
    BadgeFactory(organization=organization, name="Kaizen Burst", slug="burst")
    assert create(as_alice, **said) == 422
    assert [badge.slug for badge in badges(organization)] == ["burst"]


def test_text_is_shown_as_text(as_alice: Client, organization: Organization) -> None:
    hostile = "<img src=x onerror=alert(1)>{{7*7}}{% load x %}"
    assert create(as_alice, name="Odd", description=hostile, criteria=hostile) == 302
    page = as_alice.get("/riverside/badges/odd/").content.decode()
    assert "<img src=x" not in page
    assert "{{7*7}}{% load x %}" in page


def test_an_emblem_is_chosen_or_uploaded(as_alice: Client, organization: Organization) -> None:
    assert create(as_alice, name="One", emblem="preset:kaizen-burst") == 302
    assert create(as_alice, name="Two", upload=upload(picture())) == 302
    assert create(as_alice, name="Three", emblem="") == 302
    one, two, three = badges(organization)
    assert one.emblem is not None
    assert two.emblem not in (None, one.emblem)
    assert three.emblem is None


def test_an_uploaded_emblem_survives_an_error_elsewhere(as_alice: Client, organization: Organization) -> None:
    response = as_alice.post("/riverside/badges/new/", {**NEW, "name": "", "upload": upload(picture())})
    with tenant(organization):
        emblem = Emblem.objects.get()
    page = response.content.decode()
    assert f'name="emblem" value="{emblem.pk}" checked' in page
    assert badges(organization) == []
    assert create(as_alice, emblem=str(emblem.pk)) == 302
    assert badges(organization)[0].emblem == emblem


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a PNG, JPEG, WebP or GIF picture."),
        (picture(100, 100), "The picture is 100 by 100 pixels."),
        (blank_png(13_300, 13_300), "12 million pixels"),
        (bytes(6 * 1024 * 1024), "larger than 5 MB"),
    ],
    ids=["empty", "svg", "small", "bomb", "large"],
)
def test_an_unusable_upload_is_told_beside_the_field(
    as_alice: Client, organization: Organization, data: bytes, reason: str
) -> None:
    response = as_alice.post("/riverside/badges/new/", {**NEW, "upload": upload(data)})
    assert response.status_code == 422
    assert reason in response.content.decode()
    assert badges(organization) == []


@pytest.mark.parametrize(
    "name", ["../../x.png", "x" * 300 + ".png", "a\0b.png", "a.php.png", "gnp.\u202eexe"]
)
def test_names_of_files_do_not_matter(as_alice: Client, organization: Organization, name: str) -> None:
    assert create(as_alice, upload=upload(picture(), name)) == 302
    assert badges(organization)[0].emblem is not None


def test_emblems_of_others_cannot_be_taken(
    as_alice: Client, charlie: Person, organization: Organization
) -> None:
    with tenant(charlie.organization):
        theirs = Emblem.objects.create(organization=charlie.organization, digest="x")
    assert create(as_alice, emblem=str(theirs.pk)) == 422


def test_a_badge_is_edited_and_keeps_its_address(as_alice: Client, organization: Organization) -> None:
    assert create(as_alice) == 302
    page = as_alice.get("/riverside/badges/hand-hygiene-lead/edit/").content.decode()
    assert 'value="Hand Hygiene Lead"' in page
    data = {**NEW, "name": "Clean Hands", "ends_number": "18", "ends_unit": "month"}
    assert as_alice.post("/riverside/badges/hand-hygiene-lead/edit/", data).status_code == 302
    badge = badges(organization)[0]
    assert (badge.slug, badge.name, badge.ends_after) == ("hand-hygiene-lead", "Clean Hands", "18 months")
    with tenant(organization):
        entry = AuditEntry.objects.filter(action="badge.edited").get()
    assert entry.details["changed"] == ["ends_after", "name"]


def test_a_change_made_meanwhile_is_not_overwritten_unasked(
    as_alice: Client, organization: Organization
) -> None:
    path = "/riverside/badges/hand-hygiene-lead/edit/"
    create(as_alice, emblem="preset:1-year")
    seen = as_alice.get(path).context["form"].edition
    first = {**NEW, "emblem": "preset:1-year", "description": "Keeps all hands clean.", "seen": seen}
    assert as_alice.post(path, first).status_code == 302
    assert as_alice.post(path, first).status_code == 302, "the same twice is no conflict"

    late = {**NEW, "emblem": "preset:1-year", "most_holders": "9", "seen": seen}
    page = as_alice.post(path, late)
    assert page.status_code == 422
    assert "in: What it stands for, At most so many people hold it." in page.content.decode()
    assert badges(organization)[0].description == "Keeps all hands clean."

    again = {**late, "seen": page.context["form"].edition}
    assert again["seen"] in page.content.decode()
    assert as_alice.post(path, again).status_code == 302
    assert badges(organization)[0].description == "Keeps hands clean."


@pytest.mark.parametrize("role", [None, Role.MANAGER, Role.USER_ADMINISTRATOR, Role.AUDITOR])
def test_only_badge_administrators_make_and_change_badges(
    organization: Organization, role: Role | None
) -> None:
    BadgeFactory(organization=organization, slug="burst")
    person = PersonFactory(organization=organization, user=UserFactory())
    if role:
        RoleAssignmentFactory(organization=organization, person=person, role=role)
    client = logged_in(person)
    for path in ("new/", "burst/edit/", "burst/state/retired/", "burst/rule/"):
        assert client.get(f"/riverside/badges/{path}").status_code == 403
        assert client.post(f"/riverside/badges/{path}", NEW).status_code == 403
    assert [(badge.slug, badge.state) for badge in badges(organization)] == [("burst", "active")]


def test_badges_of_others_are_not_there(as_charlie: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, slug="burst")
    for slug in ("riverside", "halden"):
        for path in ("edit/", "state/retired/", "rule/", "rule/paused/"):
            assert as_charlie.post(f"/{slug}/badges/burst/{path}", NEW).status_code == 404


def test_a_badge_is_retired_and_put_in_use_again(as_alice: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, slug="burst")
    for state in ("retired", "active"):
        path = f"/riverside/badges/burst/state/{state}/"
        assert as_alice.get(path).status_code == 200
        assert as_alice.post(path).status_code == 302
        assert badges(organization)[0].state == state


def test_withdrawing_needs_a_reason(as_alice: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, slug="burst")
    path = "/riverside/badges/burst/state/withdrawn/"
    assert as_alice.post(path, {"reason": ""}).status_code == 422
    assert as_alice.post(path, {"reason": "No course."}).status_code == 302
    assert badges(organization)[0].state == "withdrawn"
    page = as_alice.get("/riverside/badges/burst/").text
    assert "Withdrawn by <bdi>Alice Adams</bdi> on" in page
    assert "“No course.”" in page


def test_how_many_hold_it_is_said_before_its_state_changes(
    as_alice: Client, organization: Organization, alice: Person, bob: Person
) -> None:
    badge = BadgeFactory(organization=organization, slug="burst")
    with tenant(organization):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done.")
    assert "1 person holds it." in as_alice.get("/riverside/badges/burst/state/retired/").text


@pytest.mark.parametrize("state", ["draft", "x", "deleted"])
def test_other_states_are_not_there(as_alice: Client, organization: Organization, state: str) -> None:
    BadgeFactory(organization=organization, slug="burst")
    assert as_alice.post(f"/riverside/badges/burst/state/{state}/").status_code == 404


def test_a_state_that_cannot_follow_is_refused(as_alice: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, slug="burst", state="draft")
    assert as_alice.post("/riverside/badges/burst/state/retired/").status_code == 422
    assert badges(organization)[0].state == "draft"


def test_badges_do_not_replace_each_other_in_a_circle(inside: Organization, alice: Person) -> None:
    first, second, third = (BadgeFactory(organization=inside) for _ in range(3))
    edit_badge(badge=second, by=alice, supersedes=[first])
    edit_badge(badge=third, by=alice, supersedes=[second])
    other = BadgeFactory(organization=inside)
    edit_badge(badge=third, by=alice, supersedes=[second, other])
    with pytest.raises(Circle, match="not both"):
        edit_badge(badge=first, by=alice, supersedes=[other, third])
    assert (first.supersedes, set(third.supersedes)) == ([], {second, other})


def test_a_circle_is_told_beside_what_makes_it(as_alice: Client, organization: Organization) -> None:
    first, second = (BadgeFactory(organization=organization, slug=slug) for slug in ("first", "second"))
    with tenant(organization):
        edit_badge(badge=second, by=None, supersedes=[first])
    told = as_alice.post("/riverside/badges/first/edit/", {**NEW, "supersedes": "second"})
    assert (told.status_code, list(told.context["form"].errors)) == (422, ["supersedes"])
    assert "one can replace the other, not both" in told.content.decode()


def test_a_short_name_is_taken_once(inside: Organization, alice: Person) -> None:
    create_badge(organization=inside, by=alice, slug="burst", name="Burst", description="x")
    with pytest.raises(Refused, match="already"):
        create_badge(organization=inside, by=alice, slug="burst", name="Burst", description="x")
    with pytest.raises(Refused, match="Lapel itself"):
        create_badge(organization=inside, by=alice, slug="new", name="New", description="x")


def test_withdrawing_without_a_reason_is_refused(inside: Organization, alice: Person) -> None:
    with pytest.raises(Refused, match="Say why"):
        set_badge_state(badge=BadgeFactory(organization=inside), state="withdrawn", by=alice)
