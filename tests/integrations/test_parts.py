"""Badges by hand from a file come part by part: nobody waits for long, and all of them come or none stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from badges.actions import grant_by_hand
from badges.models import Award, AwardEvent, AwardTally, Badge
from integrations import import_work, parts
from integrations.imports import forget_files
from integrations.models import Import, ImportPart, ImportState
from integrations.parts import _wanted, _work_once
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.integrations.test_browser_imports import (
    GRANTS,
    URL,
    carry_on,
    checked,
    client,
    counts,
    faults,
    olive,
    undone,
)

__all__ = ["client", "olive"]
NAMES = ["ann", "ben", "cid", "dan", "eve"]


@pytest.fixture(autouse=True)
def _in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 2)


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="helper", ends_after="1 year")


@pytest.fixture
def people(organization: Organization) -> dict[str, Person]:
    return {name: PersonFactory(organization=organization, name=name, external_id=name) for name in NAMES}


@pytest.fixture
def found(client: Client, organization: Organization, badge: Badge, people: dict[str, Person]) -> Import:
    """Five badges, of which the first renews one; started."""
    with tenant(organization):
        grant_by_hand(badge=badge, person=people["ann"], by=None, reason="Then.", starts_at=then())
    text = GRANTS + "".join(f"{name},helper,,Course\n" for name in NAMES)
    found = checked(client, organization, "grants", text)
    client.post(f"{URL}{found.pk}/start/", {"tells": "on"})
    return found


def then() -> Any:
    return now() - timedelta(days=200)


def give_parts(organization: Organization, found: Import, number: int) -> None:
    """A worker that is gone after so many parts."""
    wanted = _wanted(organization, found.pk)
    for _ in range(number):
        assert _work_once(organization, found.pk, wanted)


def record(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        events = AwardEvent.objects.order_by("pk").values_list("award__person__external_id", "change")
        return list(events)


def awards(organization: Organization) -> list[dict[str, Any]]:
    with tenant(organization):
        return list(Award.objects.standing().order_by("pk").values())


def test_a_worker_that_is_gone_leaves_whole_parts_and_the_next_gives_the_rest(
    client: Client, organization: Organization, found: Import
) -> None:
    give_parts(organization, found, 1)
    page = client.get(found.get_absolute_url()).content.decode()
    assert ("2 of 5 rows." in page, "Stop and undo" in page) == (True, True)
    after = carry_on(organization)
    assert (after.state, counts(after), after.done) == (ImportState.DONE, (4, 1, 0, 0), 5)
    given = [("ann", "granted"), ("ann", "renewed"), *((name, "granted") for name in NAMES[1:])]
    assert record(organization) == given
    import_work.work(organization=organization, import_id=found.pk)
    assert record(organization) == given
    assert "What became of the first rows" in client.get(found.get_absolute_url()).content.decode()


def test_where_a_later_row_is_not_possible_any_more_nothing_stays(
    client: Client, organization: Organization, found: Import
) -> None:
    before = awards(organization)
    give_parts(organization, found, 2)
    with tenant(organization):
        Person.objects.filter(external_id="eve").update(left_on=now().date())
    after = carry_on(organization)
    assert (after.state, after.taken_back, after.kept) == (ImportState.FAILED, 4, 0)
    assert faults(organization, after) == [[6, "'eve' has left, and people who left get nothing new"]]
    assert awards(organization) == before
    with tenant(organization):
        to_tell = AwardEvent.objects.filter(to_tell=True).values_list("award__person__external_id", "change")
        assert list(to_tell) == [("ann", "granted")]  # what she was given before, and keeps
        assert set(AwardTally.objects.exclude(person__external_id="ann").values_list("badge_count")) == {(0,)}
    page = client.get(found.get_absolute_url()).content.decode()
    assert "What it had given by then was taken back: 4 badges." in page
    assert "What became of" not in page


def test_what_somebody_changed_in_between_is_left_and_named(
    client: Client, organization: Organization, badge: Badge, people: dict[str, Person], found: Import
) -> None:
    give_parts(organization, found, 1)
    with tenant(organization):
        Award.objects.filter(person=people["ben"]).update(expires_at=None)
        Person.objects.filter(external_id="eve").update(left_on=now().date())
    after = carry_on(organization)
    assert (after.state, after.taken_back, after.kept) == (ImportState.FAILED, 3, 1)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "1 is left, because somebody changed it meanwhile" in page
    assert f"ben, {badge.name}" in page


def test_it_can_be_stopped_halfway_and_is_undone(
    client: Client, organization: Organization, found: Import
) -> None:
    before = awards(organization)
    give_parts(organization, found, 1)
    gone = undone(client, organization, found)
    assert (gone.state, gone.taken_back, gone.kept) == (ImportState.UNDONE, 2, 0)
    assert awards(organization) == before
    assert "All of it was taken back." in client.get(found.get_absolute_url()).content.decode()


def test_undoing_goes_on_after_a_worker_that_is_gone(
    client: Client, organization: Organization, found: Import
) -> None:
    before = awards(organization)
    carry_on(organization)
    client.post(f"{URL}{found.pk}/undo/")
    assert _work_once(organization, found.pk, [])
    with tenant(organization):
        assert ImportPart.objects.filter(undone_at=None).count() == 2
        Import.objects.update(tries=import_work.MOST_TRIES)  # it may not stay half done
    after = carry_on(organization)
    assert (after.state, after.taken_back) == (ImportState.UNDONE, 5)
    assert awards(organization) == before


def test_one_without_the_right_halfway_has_all_of_it_taken_back(
    organization: Organization, olive: Person, found: Import
) -> None:
    before = awards(organization)
    give_parts(organization, found, 1)
    with tenant(organization):
        olive.role_assignments.all().delete()
    after = carry_on(organization)
    assert (after.state, after.failure) == (
        ImportState.FAILED,
        "Whoever started it may not import this any more.",
    )
    assert awards(organization) == before


def test_nobody_waits_for_an_import_that_is_under_way(
    committed_db: None, organization: Organization, found: Import, people: dict[str, Person]
) -> None:
    """Those whose part is over, or has not come, are free; so they are while a part of others is at work."""
    give_parts(organization, found, 1)
    wanted = parts._wanted(organization, found.pk)
    side = connection.copy()
    with tenant(organization):
        held = parts.locked(found.pk, holds=True)
        assert held is not None
        parts._give(held, wanted)
        with side.cursor() as cursor:
            cursor.execute("SELECT set_config('app.organization', %s, false)", [str(organization.pk)])
            cursor.execute(
                "SELECT external_id FROM people_person WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                [[person.pk for person in people.values()]],
            )
            free = [name for (name,) in cursor.fetchall()]
    side.close()
    assert free == ["ann", "ben", "eve"]


def test_a_draft_is_forgotten_and_what_was_given_for_a_moment_is_not(
    client: Client, organization: Organization, found: Import
) -> None:
    give_parts(organization, found, 1)
    with tenant(organization):
        Person.objects.filter(external_id="eve").update(left_on=now().date())
    assert carry_on(organization).state == ImportState.FAILED
    client.post(f"{URL}{found.pk}/drop/")
    with tenant(organization):
        forget_files(drafts_before=now(), files_before=now())
        assert Import.objects.count() == 1
        assert ImportPart.objects.exclude(made=[]).count() == 0
