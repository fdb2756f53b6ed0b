"""What other settings would change is seen before they are saved, and is what happens when they are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from activity.actions import Delivery, record_activities
from badges.models import Award, AwardEvent, Badge
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import evaluate_pending, save_rule
from rules.models import DryRunState, SettingsTrial
from rules.recheck import recheck_changed
from rules.settings_trials import carry_out_settings_trial
from rules.tasks import sweep_pending
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

HOME = "/riverside/settings/"
KIND = "improvement.submitted"


@pytest.fixture
def olga(organization: Organization) -> Person:
    person = PersonFactory(organization=organization, user=UserFactory(), external_id="olga")
    RoleAssignmentFactory(organization=organization, person=person, role=Role.OWNER)
    return person


@pytest.fixture
def client(olga: Person) -> Client:
    return logged_in(olga)


def rule(criterion: dict[str, Any]) -> dict[str, Any]:
    return {"criterion": criterion, "retention": {"type": "permanent"}}


def did(organization: Organization, who: str, *instants: datetime, location: str | None = None) -> None:
    record_activities(
        organization=organization, source="test",
        deliveries=[
            Delivery(who, KIND, at, f"{who}/{number}", location_external_id=location)
            for number, at in enumerate(instants)
        ],
    )  # fmt: skip


@pytest.fixture
def busy(organization: Organization, olga: Person) -> Badge:
    """Twice in one month: Ann in New York's February, Ben in Tokyo's March, Cid in both, Dot earlier in Tokyo."""
    for name in ("ann", "ben", "cid", "dot"):
        PersonFactory(organization=organization, external_id=name, name=name.capitalize())
    with tenant(organization):
        badge: Badge = BadgeFactory(
            organization=organization, name="Busy month", mode="rule", tells_on_loss=True
        )
        select = {"kinds": [KIND]}
        twice_a_month = {"type": "count", "at_least": 2, "per": "month", "select": select}
        save_rule(badge=badge, definition=rule(twice_a_month), by=olga)
        did(organization, "ann", datetime(2026, 2, 10, 12, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC))
        did(organization, "ben", datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC))
        did(organization, "cid", datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 3, 11, 12, tzinfo=UTC))
        did(
            organization, "dot", datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC),
            datetime(2026, 3, 12, 12, tzinfo=UTC),
        )  # fmt: skip
    evaluate_pending(organization=organization)
    return badge


def holders(badge: Badge) -> dict[str, datetime]:
    with tenant(badge.organization):
        return dict(
            Award.objects.standing().filter(badge=badge).values_list("person__external_id", "starts_at")
        )


def tried(organization: Organization) -> SettingsTrial:
    with tenant(organization):
        pk = SettingsTrial.objects.latest("pk").pk
    carry_out_settings_trial(organization=organization, trial_id=pk)
    with tenant(organization):
        return SettingsTrial.objects.get(pk=pk)


def test_another_zone_is_tried_first_and_does_what_was_seen(
    client: Client, organization: Organization, busy: Badge
) -> None:
    before = holders(busy)
    data = {"name": "River", "zone": "Asia/Tokyo", "first_weekday": "1"}
    answer = client.post(f"{HOME}organization/", data)
    page = answer.headers["Location"]
    organization.refresh_from_db()
    assert (answer.status_code, organization.zone) == (302, "America/New_York")
    assert "It waits for its turn" in client.get(page).content.decode()
    assert client.post(page).status_code == 422
    trial = tried(organization)
    assert (trial.state, trial.done) == (DryRunState.DONE, trial.total)
    shown = client.get(page).content.decode()
    assert "1 would get it" in shown
    assert "1 would lose it" in shown
    assert holders(busy) == before
    assert client.post(page).status_code == 302
    assert client.post(page).status_code == 302
    organization.refresh_from_db()
    recheck_changed(organization=organization)
    after = holders(busy)
    assert (organization.zone, organization.name) == ("Asia/Tokyo", "River")
    with tenant(organization):
        names = dict(Person.objects.values_list("pk", "external_id"))
        (line,) = trial.result or []
        gainers, losers = ({names[pk] for pk in line[some]} for some in ("gainers", "losers"))
        assert (line["badge"], line["redated"]) == (busy.pk, 1)
        assert (gainers, losers) == (after.keys() - before.keys(), before.keys() - after.keys())
        assert not AwardEvent.objects.filter(to_tell=True, change="ended").exists()
    assert after["dot"] < before["dot"]


def test_a_location_is_moved_after_it_was_seen_what_that_does(
    client: Client, organization: Organization, olga: Person
) -> None:
    main = LocationFactory(organization=organization, external_id="main", name="Main")
    ward = LocationFactory(organization=organization, external_id="ward", name="Ward", parent=main)
    other = LocationFactory(organization=organization, external_id="other", name="Other")
    PersonFactory(organization=organization, external_id="ann", name="Ann")
    badges = {}
    with tenant(organization):
        for place in ("main", "other"):
            badges[place] = BadgeFactory(organization=organization, name=f"Of {place}", mode="rule")
            select = {"kinds": [KIND], "location": place}
            definition = rule({"type": "count", "at_least": 1, "select": select})
            save_rule(badge=badges[place], definition=definition, by=olga)
        did(organization, "ann", datetime(2026, 3, 10, 12, tzinfo=UTC), location="ward")
    evaluate_pending(organization=organization)
    assert (
        client.post(f"{HOME}locations/{ward.pk}/", {"name": "Ward 1", "parent": main.pk}).status_code == 302
    )
    page = client.post(f"{HOME}locations/{ward.pk}/", {"name": "Ward 1", "parent": other.pk}).headers[
        "Location"
    ]
    trial = tried(organization)
    assert {line["badge"]: (line["gaining"], line["losing"]) for line in trial.result or []} == {
        badges["main"].pk: (0, 1),
        badges["other"].pk: (1, 0),
    }
    assert client.post(page).headers["Location"] == f"{HOME}locations/"
    recheck_changed(organization=organization)
    assert [sorted(holders(badge)) for badge in badges.values()] == [[], ["ann"]]
    with tenant(organization):
        assert Location.objects.get(pk=ward.pk).parent_id == other.pk


def test_without_rules_nothing_needs_to_be_tried(client: Client, organization: Organization) -> None:
    data = {"name": "River", "zone": "Asia/Tokyo", "first_weekday": "1"}
    assert client.post(f"{HOME}organization/", data).headers["Location"] == f"{HOME}organization/"
    organization.refresh_from_db()
    assert organization.zone == "Asia/Tokyo"


def test_a_new_name_alone_is_saved_at_once(client: Client, organization: Organization, busy: Badge) -> None:
    data = {"name": "River", "zone": organization.zone, "first_weekday": str(organization.first_weekday)}
    client.post(f"{HOME}organization/", data)
    organization.refresh_from_db()
    assert organization.name == "River"


def test_what_somebody_changed_meanwhile_is_not_overwritten(
    client: Client, organization: Organization, busy: Badge
) -> None:
    data = {"name": "River", "zone": "Asia/Tokyo", "first_weekday": "1"}
    page = client.post(f"{HOME}organization/", data).headers["Location"]
    tried(organization)
    Organization.objects.filter(pk=organization.pk).update(zone="Europe/Berlin")
    answer = client.post(page)
    assert (answer.status_code, "Begin anew" in answer.content.decode()) == (422, True)
    organization.refresh_from_db()
    assert organization.zone == "Europe/Berlin"


def test_what_the_trial_leaves_as_it_is_may_change_meanwhile(
    client: Client, organization: Organization, busy: Badge
) -> None:
    data = {"name": "River", "zone": "Asia/Tokyo", "first_weekday": str(organization.first_weekday)}
    page = client.post(f"{HOME}organization/", data).headers["Location"]
    trial = tried(organization)
    names = [(name, trial.before[name], value) for name, value in trial.change.items()]
    assert sorted(names) == [
        ("name", organization.name, "River"), ("zone", "America/New_York", "Asia/Tokyo"),
    ]  # fmt: skip
    shown = client.get(page).content.decode()
    assert [f"<dt>{what}</dt>" in shown for what in ("Name", "Time zone", "Language of mails")] == [
        True, True, False,
    ]  # fmt: skip
    Organization.objects.filter(pk=organization.pk).update(language="de")
    assert client.post(page).status_code == 302
    organization.refresh_from_db()
    assert (organization.name, organization.zone, organization.language) == ("River", "Asia/Tokyo", "de")


def test_a_name_that_was_changed_meanwhile_is_not_overwritten(
    client: Client, organization: Organization, busy: Badge
) -> None:
    top = LocationFactory(organization=organization, name="Top")
    ward = LocationFactory(organization=organization, name="Ward")
    path, pages = f"{HOME}locations/{ward.pk}/", []
    for name in ("Ward 1", "Ward"):
        pages.append(client.post(path, {"name": name, "parent": top.pk}).headers["Location"])
        tried(organization)
    assert "Ward 1, until now Ward" in client.get(pages[0]).content.decode()
    with tenant(organization):
        Location.objects.filter(pk=ward.pk).update(name="Ward A")
    assert [client.post(page).status_code for page in pages] == [422, 302]
    with tenant(organization):
        ward.refresh_from_db()
    assert (ward.name, ward.parent_id) == ("Ward A", top.pk)


def test_whoever_changes_locations_does_not_change_the_zone(
    client: Client, as_alice: Client, organization: Organization, busy: Badge
) -> None:
    data = {"name": "River", "zone": "Asia/Tokyo", "first_weekday": "1"}
    page = client.post(f"{HOME}organization/", data).headers["Location"]
    tried(organization)
    assert (as_alice.get(page).status_code, as_alice.post(page).status_code) == (403, 403)


def test_a_second_worker_changes_nothing_and_a_lost_bell_is_swept_up(
    client: Client, organization: Organization, busy: Badge, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(f"{HOME}organization/", {"name": "River", "zone": "Asia/Tokyo", "first_weekday": "1"})
    with tenant(organization):
        SettingsTrial.objects.update(as_of=datetime(2026, 4, 1, tzinfo=UTC))
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("rules.tasks.try_settings.delay", lambda *ids: asked.append(ids))
    sweep_pending()
    trial = tried(organization)
    assert asked == [(organization.pk, trial.pk)]
    assert tried(organization).result == trial.result
    sweep_pending()
    assert len(asked) == 1
