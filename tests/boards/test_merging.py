"""Two records of one person become one, and two again."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from activity.actions import Delivery, record_activities, void_activities
from activity.editing import EditRefused, edit_item, edition
from activity.models import Activity, ItemChange, TeamMember, Verification, WorkItem
from activity.queries import concerned_ids
from activity.steps import NotPossible, complete_item, submit_improvement
from activity.verifying import verify_impact
from badges.actions import grant_by_hand
from badges.models import Award, AwardEvent, AwardTally, EndedWhy, Nomination
from badges.nominating import approve_nomination, nominate, withdraw_nomination
from badges.statistics import overview
from boards.merging import FOLLOWS, merge_people, part_people
from people.changes import Refused
from people.clock import now, telling
from people.merging import PLACES
from people.models import (
    AuditEntry,
    Merge,
    Organization,
    Person,
    Placement,
    RecordChange,
    RoleAssignment,
)
from people.roles import Role
from people.tenancy import TenantForeignKey, TenantModel, tenant
from rules.actions import evaluate_pending, save_rule
from rules.criteria import kinds_named
from rules.gallery import rule_of
from rules.holdings import held_on
from rules.presets import GALLERY
from rules.recheck import recheck_changed
from rules.showcase import figures
from tests.factories import (
    BadgeFactory,
    PersonFactory,
    PlacementFactory,
    RoleAssignmentFactory,
    UserFactory,
    somebody_else,
)

# What says who did something stays as it was written; the names lead on. Or it has nothing to follow for.
STAYS = {
    "badges.Nomination.agreed_by", "badges.Nomination.decided_by",
    "badges.Nomination.made_by", "badges.Nomination.nominee",
    "activity.ImprovementTally.person", "badges.AwardTally.person",
    "activity.Verification.by", "activity.SentBack.by", "activity.ItemChange.by", "activity.Attachment.removed_by",
    "badges.Evidence.added_by", "badges.Evidence.withdrawn_by",
    "badges.Award.given_by", "badges.Revocation.revoked_by", "badges.AwardEvent.actor",
    "badges.Batch.made_by", "badges.Batch.started_by", "badges.Batch.undone_by", "boards.Export.after",
    "integrations.Import.made_by", "integrations.Import.started_by", "integrations.Import.undone_by",
    "people.AuditEntry.actor", "people.Invitation.invited_by", "people.Invitation.person", "people.Merge.by",
    "people.Merge.kept", "people.Merge.merged", "people.Merge.undone_by", "people.PersonWord.person",
    "notifications.StoppedAddress.trusted_by",
    "people.RecordChange.person", "rules.DryRun.made_by", "rules.NextDue.person", "rules.Flood.decided_by",
    "rules.SettingsTrial.made_by", "rules.RuleVersion.made_by",
}  # fmt: skip
SUBMITTED = "improvement.submitted"
COUNT_3 = {
    "criterion": {"type": "count", "at_least": 3, "select": {"kinds": [SUBMITTED]}},
    "retention": {"type": "permanent"},
}


def deliver(
    organization: Organization, who: str, *days: int, kind: str = SUBMITTED, prefix: str = ""
) -> None:
    record_activities(
        organization=organization,
        source="test",
        deliveries=[
            Delivery(who, kind, datetime(2026, 3, day, 15, tzinfo=UTC), f"{prefix or who}/{kind}/{day}") for day in days
        ],
    )  # fmt: skip


@pytest.fixture
def ann(organization: Organization) -> Person:
    person = PersonFactory(
        organization=organization, external_id="100", name="Ann Adams", user=UserFactory(email="ann@x.example"),
        joined_on=date(2020, 5, 1),
    )  # fmt: skip
    PlacementFactory(organization=organization, person=person, from_on=date(2020, 5, 1))
    return person


@pytest.fixture
def second(organization: Organization) -> Person:
    """The same Ann, as the training system knows her."""
    person = PersonFactory(
        organization=organization, external_id="T-7", name="Anne Adams", email="anne@old.example",
        title="Nurse", joined_on=date(2018, 2, 1),
    )  # fmt: skip
    PlacementFactory(organization=organization, person=person, from_on=date(2018, 2, 1), title="Trainee")
    return person


def test_whatever_names_a_person_follows_or_is_known_to_stay() -> None:
    names = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey) and field.related_model is Person
    }
    assert names == STAYS | {one.name for one in (*FOLLOWS, PLACES)}


def test_the_merged_record_is_a_signpost(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    merge_people(kept=ann, merged=second, by=alice, theirs=frozenset({"title", "joined_on"}))
    ann, second = Person.objects.get(pk=ann.pk), Person.objects.get(pk=second.pk)
    assert (ann.name, ann.title, ann.joined_on, ann.left_on) == ("Ann Adams", "Nurse", date(2018, 2, 1), None)
    assert (second.merged_into, second.joined_on, second.left_on is None) == (ann, None, False)
    assert (second.external_id, second.email) == ("T-7", "anne@old.example")
    assert ann in Person.objects.visible_to(alice)
    assert second not in Person.objects.visible_to(alice)
    entry = AuditEntry.objects.get(action="person.merged")
    assert (entry.actor, entry.subject, entry.details["other"]) == (alice, "Ann Adams", "Anne Adams")
    assert entry.details["before"] == {"title": "", "joined_on": "2020-05-01"}
    assert entry.details["after"] == {"title": "Nurse", "joined_on": "2018-02-01"}
    assert list(RecordChange.objects.values_list("person", flat=True)) == [ann.pk]


def test_an_address_and_a_login_that_are_taken_over_change_places(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    second.user = UserFactory(email="anne@old.example")
    second.save()
    merge_people(kept=ann, merged=second, by=alice, theirs=frozenset({"email", "user"}))
    ann, second = Person.objects.get(pk=ann.pk), Person.objects.get(pk=second.pk)
    assert (ann.email, str(ann.user)) == ("anne@old.example", "anne@old.example")
    assert (second.email, str(second.user)) == ("ann@x.example", "ann@x.example")


def test_reports_managers_and_roles_follow(
    inside: Organization, alice: Person, ann: Person, second: Person, bob: Person
) -> None:
    Person.objects.filter(pk=bob.pk).update(manager=second)
    Person.objects.filter(pk=ann.pk).update(manager=second)
    for person in (ann, second):
        RoleAssignmentFactory(organization=inside, person=person, role=Role.MANAGER)
    merge_people(kept=ann, merged=second, by=alice)
    assert Person.objects.get(pk=bob.pk).manager == ann
    assert Person.objects.get(pk=ann.pk).manager is None
    assert list(RoleAssignment.objects.filter(role=Role.MANAGER).values_list("person", flat=True)) == [ann.pk]


def test_a_manager_who_works_for_either_is_refused(
    inside: Organization, alice: Person, ann: Person, second: Person, bob: Person
) -> None:
    Person.objects.filter(pk=bob.pk).update(manager=second)
    Person.objects.filter(pk=ann.pk).update(manager=bob)
    ann.refresh_from_db()
    with pytest.raises(Refused, match="Choose the other manager"):
        merge_people(kept=ann, merged=second, by=alice)
    merge_people(kept=ann, merged=second, by=alice, theirs=frozenset({"manager"}))
    assert Person.objects.get(pk=ann.pk).manager is None


def test_where_one_worked_stands_from_ones_first_day_on(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    PlacementFactory(organization=inside, person=second, from_on=date(2021, 1, 1), title="Nurse")
    merge_people(kept=ann, merged=second, by=alice)
    history = Placement.objects.filter(person=ann).values_list("from_on", "title")
    assert list(history) == [(date(2018, 2, 1), "Trainee"), (date(2020, 5, 1), "")]


def test_deliveries_and_voids_under_the_old_id_reach_the_kept_record(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    deliver(inside, "T-7", 2)
    merge_people(kept=ann, merged=second, by=alice)
    deliver(inside, "T-7", 2, 3)
    again = record_activities(
        organization=inside, source="test",
        deliveries=[Delivery("T-7", SUBMITTED, datetime(2026, 3, 2, 15, tzinfo=UTC), f"T-7/{SUBMITTED}/2")],
    )  # fmt: skip
    assert (again.same, again.differing) == (1, [])
    assert list(Activity.objects.values_list("person", flat=True)) == [ann.pk, ann.pk]
    assert (
        void_activities(organization=inside, source="test", external_ids=[f"T-7/{SUBMITTED}/2"], at=now())
        == 1
    )


def test_badges_by_hand_go_on_from_the_earlier_start_until_the_later_end(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    badge = BadgeFactory(organization=inside, ends_after="1 year", mode="hand", state="active")
    early = grant_by_hand(
        badge=badge, person=second, by=alice, reason="a", starts_at=now() - timedelta(days=30)
    )
    late = grant_by_hand(badge=badge, person=ann, by=alice, reason="b")
    merge_people(kept=ann, merged=second, by=alice)
    early.refresh_from_db(), late.refresh_from_db()
    assert (early.person, early.ended_at) == (ann, None)
    assert (late.ended_why, early.expires_at) == (EndedWhy.MERGED, late.expires_at)
    assert AwardTally.objects.get(person=ann.pk).badge_count == 1
    events = AwardEvent.objects.filter(award__in=[early, late], reason__startswith="Two records")
    assert sorted(events.values_list("award", "change", "to_tell")) == sorted(
        [(early.pk, "corrected", False), (late.pk, "ended", False)]
    )


def test_what_ended_because_two_are_one_is_no_history(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    badge = BadgeFactory(organization=inside, mode="hand", state="active")
    at = now()
    for person, days in ((second, 30), (ann, 20)):
        grant_by_hand(badge=badge, person=person, by=alice, reason="a", starts_at=at - timedelta(days=days))
    merge_people(kept=ann, merged=second, by=alice)
    shown, (row,) = figures(badge, now(), alice), overview(alice, now())
    assert (shown.given, shown.ended, row.gained, row.lost) == (1, 0, 1, 0)
    day = at.astimezone(inside.time_zone).date() - timedelta(days=10)
    assert [(held.person, held.starts_at) for held in held_on(badge, day)] == [(ann, at - timedelta(days=30))]


def test_what_is_undone_is_as_before(
    inside: Organization, alice: Person, ann: Person, second: Person, bob: Person
) -> None:
    badge = BadgeFactory(organization=inside, ends_after="1 year", mode="hand", state="active")
    early = grant_by_hand(
        badge=badge, person=second, by=alice, reason="a", starts_at=now() - timedelta(days=30)
    )
    late = grant_by_hand(badge=badge, person=ann, by=alice, reason="b")
    Person.objects.filter(pk=bob.pk).update(manager=second)
    for person in (ann, second):
        RoleAssignmentFactory(organization=inside, person=person, role=Role.MANAGER)
    deliver(inside, "T-7", 2), deliver(inside, "100", 3)
    submit_improvement(author=second, title="Red lids")
    before = state()
    merge = merge_people(
        kept=ann, merged=second, by=alice, theirs=frozenset({"name", "email", "user", "title", "joined_on"})
    )
    deliver(inside, "T-7", 9)
    part_people(merge=merge, by=alice)
    part_people(merge=merge, by=alice)
    after = state()
    assert (before.pop("new"), after.pop("new")) == ([], [ann.pk])
    assert after == before
    early.refresh_from_db(), late.refresh_from_db()
    assert [(award.ended_at, award.ended_why) for award in (early, late)] == [(None, ""), (None, "")]
    assert early.expires_at != late.expires_at


def state() -> dict[str, Any]:
    people = (
        "pk",
        "name",
        "folded",
        "email",
        "user",
        "title",
        "manager",
        "joined_on",
        "left_on",
        "award_tallies__badge_count",
    )
    old = Activity.objects.exclude(external_id=f"T-7/{SUBMITTED}/9")
    return {
        "people": list(Person.objects.order_by("pk").values_list(*people, "merged_into")),
        "activities": sorted(old.values_list("external_id", "person")),
        "awards": sorted(Award.objects.values_list("pk", "person", "expires_at", "ended_why")),
        "roles": sorted(RoleAssignment.objects.values_list("person", "role")),
        "new": list(
            Activity.objects.filter(external_id=f"T-7/{SUBMITTED}/9").values_list("person", flat=True)
        ),
    }


def test_signposts_lead_straight_and_merges_are_undone_in_turn(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    third = PersonFactory(organization=inside)
    first = merge_people(kept=ann, merged=second, by=alice)
    later = merge_people(kept=third, merged=ann, by=alice)
    assert Person.objects.get(pk=second.pk).merged_into == third
    with pytest.raises(Refused, match="Undo that first"):
        part_people(merge=first, by=alice)
    part_people(merge=later, by=alice)
    assert Person.objects.get(pk=second.pk).merged_into == ann
    part_people(merge=first, by=alice)
    assert list(Person.objects.filter(merged_into__isnull=False)) == []


@pytest.mark.parametrize("which", ["itself", "merged", "into merged"])
def test_what_is_not_two_records_is_refused(
    inside: Organization, alice: Person, ann: Person, second: Person, which: str
) -> None:
    third = PersonFactory(organization=inside)
    merge_people(kept=ann, merged=second, by=alice)
    kept, merged = {"itself": (ann, ann), "merged": (third, second), "into merged": (second, third)}[which]
    with pytest.raises(Refused):
        merge_people(kept=kept, merged=merged, by=alice)
    assert Merge.objects.count() == 1


def test_the_database_knows_no_circles_and_no_chains(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    third = PersonFactory(organization=inside)
    merge_people(kept=ann, merged=second, by=alice)
    left = {"left_on": date(2026, 1, 1), "joined_on": None, "manager": None}
    for pk, target in ((third.pk, second), (ann.pk, third), (ann.pk, ann)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.filter(pk=pk).update(merged_into=target, **left)
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=third.pk).update(merged_into=ann)


def test_the_database_gives_a_merged_record_nothing_and_moves_nothing_but_by_a_merge(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    deliver(inside, "100", 2)
    row = Activity.objects.get()
    badge = BadgeFactory(organization=inside)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Activity.objects.filter(pk=row.pk).update(person=second)
    merge_people(kept=ann, merged=second, by=alice)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Activity.objects.filter(pk=row.pk).update(person=second)
    with pytest.raises(IntegrityError, match="nothing new"), transaction.atomic():
        Award.objects.create(
            organization=inside, badge=badge, person=second, origin="hand", starts_at=now(), recorded_at=now()
        )
    with (
        pytest.raises(IntegrityError, match="never deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM people_merge")


def test_nobody_rises_above_themselves(
    inside: Organization, alice: Person, ann: Person, second: Person
) -> None:
    RoleAssignmentFactory(organization=inside, person=second, role=Role.OWNER)
    for kept, merged in ((ann, second), (second, ann), (alice, second), (second, alice)):
        with pytest.raises(Refused):
            merge_people(kept=kept, merged=merged, by=alice, theirs=frozenset({"user"}))
    RoleAssignment.objects.filter(person=second).update(role=Role.MANAGER)
    with pytest.raises(Refused, match="nobody gives roles to themselves"):
        merge_people(kept=alice, merged=second, by=alice)
    RoleAssignment.objects.filter(person=second).delete()
    merge_people(kept=alice, merged=second, by=alice)


def test_nobody_decides_on_what_they_proposed_under_another_record(
    inside: Organization, alice: Person, ann: Person, second: Person, bob: Person
) -> None:
    badge = BadgeFactory(organization=inside, mode="hand", state="active", takes_nominations=True)
    nominate(badge=badge, nominee=bob, by=second, reason="Helps everybody")
    nominate(badge=badge, nominee=second, by=bob, reason="Helps me")
    nominate(badge=badge, nominee=bob, by=ann, reason="Helps me too")
    two = BadgeFactory(
        organization=inside, mode="hand", state="active", takes_nominations=True, needs_two=True
    )
    agreed = nominate(badge=two, nominee=bob, by=alice, reason="Helps us all")
    assert approve_nomination(nomination=agreed, by=second) is None
    merge_people(kept=ann, merged=second, by=alice)
    states = Nomination.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["withdrawn", "withdrawn", "open", "withdrawn"]
    with pytest.raises(Refused):
        approve_nomination(nomination=agreed, by=ann)


def test_what_a_merge_withdrew_waits_again_once_it_is_undone_and_nothing_else(
    inside: Organization, alice: Person, ann: Person, second: Person, bob: Person, mary: Person
) -> None:
    badge = BadgeFactory(organization=inside, mode="hand", state="active", takes_nominations=True)
    waiting = nominate(badge=badge, nominee=second, by=bob, reason="Helps me")
    given_up = nominate(badge=badge, nominee=second, by=mary, reason="Helps me too")
    withdraw_nomination(nomination=given_up)
    merge = merge_people(kept=ann, merged=second, by=alice)
    part_people(merge=merge, by=alice)
    assert list(Nomination.objects.order_by("pk").values_list("state", flat=True)) == ["open", "withdrawn"]
    approve_nomination(nomination=waiting, by=alice)
    assert Award.objects.get().person == second


def test_what_was_given_under_another_record_counts_this_month(
    inside: Organization, alice: Person, ann: Person, second: Person, bob: Person, mary: Person
) -> None:
    badge = BadgeFactory(organization=inside, mode="hand", state="active", most_a_month=2)
    grant_by_hand(badge=badge, person=bob, by=second, reason="a")
    merge_people(kept=ann, merged=second, by=alice)
    grant_by_hand(badge=badge, person=mary, by=ann, reason="b")
    with pytest.raises(Refused, match="as often as you may"):
        grant_by_hand(badge=badge, person=alice, by=ann, reason="c")
    with pytest.raises(IntegrityError, match="most_a_month"), transaction.atomic():
        Award.objects.create(
            organization=inside, badge=badge, person=alice, origin="hand", given_by=ann, starts_at=now(),
            recorded_at=now(),
        )  # fmt: skip


@pytest.mark.parametrize("verifier", ["kept", "merged"])
def test_nobody_ends_up_having_verified_their_own_work(
    inside: Organization, alice: Person, ann: Person, second: Person, verifier: str
) -> None:
    by, author = (ann, second) if verifier == "kept" else (second, ann)
    item = submit_improvement(author=author, title="Red lids")
    Verification.objects.create(organization=inside, item=item, value=100, by=by, verified_at=now())
    with pytest.raises(Refused, match="verified what the other"):
        merge_people(kept=ann, merged=second, by=alice)
    assert not Merge.objects.exists()


@pytest.mark.parametrize("verifier", ["kept", "merged"])
def test_nor_through_a_chain_of_merges(
    inside: Organization, alice: Person, ann: Person, second: Person, mary: Person, verifier: str
) -> None:
    item = complete_item(
        item=submit_improvement(author=mary, title="Red lids"), by=somebody_else(mary), impact=Decimal(5)
    )
    verify_impact(item=item, by=second, value=Decimal(5))
    merge_people(kept=ann, merged=second, by=alice)
    kept, merged = (ann, mary) if verifier == "kept" else (mary, ann)
    with pytest.raises(Refused, match="verified what the other"):
        merge_people(kept=kept, merged=merged, by=alice)


def test_nor_does_the_database_take_two_records_for_two_people(
    inside: Organization, alice: Person, ann: Person, second: Person, mary: Person
) -> None:
    third = PersonFactory(organization=inside)
    item = complete_item(
        item=submit_improvement(author=mary, title="Red lids"), by=somebody_else(mary), impact=Decimal(5)
    )
    verify_impact(item=item, by=second, value=Decimal(5))
    own = submit_improvement(author=third, title="Blue lids")
    merge_people(kept=ann, merged=second, by=alice)
    merge_people(kept=third, merged=ann, by=alice)
    of = {"organization": inside, "item": item}
    wrongs = [
        lambda: WorkItem.objects.filter(pk=item.pk).update(leader=third),
        lambda: TeamMember.objects.create(person=third, **of),
        lambda: ItemChange.objects.create(by=third, changed_at=now(), changes={"impact": ["5", "6"]}, **of),
        lambda: Verification.objects.create(
            organization=inside, item=own, value=1, by=second, verified_at=now()
        ),
    ]
    for wrong in wrongs:
        with pytest.raises(IntegrityError, match="a second person verifies"), transaction.atomic():
            wrong()


def test_who_said_what_it_saves_does_not_verify_it_under_another_record(
    inside: Organization, alice: Person, ann: Person, second: Person, mary: Person
) -> None:
    item = complete_item(
        item=submit_improvement(author=mary, title="Red lids"), by=somebody_else(mary), impact=Decimal(5)
    )
    edit_item(item=item, by=second, seen=edition(item), said={"impact": Decimal(6)})
    assert [item in WorkItem.objects.to_verify(person) for person in (ann, alice)] == [True, True]
    merge_people(kept=ann, merged=second, by=alice)
    assert [item in WorkItem.objects.to_verify(person) for person in (ann, alice)] == [False, True]
    assert ann.pk in concerned_ids(item)
    with pytest.raises(NotPossible, match="no hand in it"):
        verify_impact(item=item, by=ann, value=Decimal(6))


@pytest.mark.parametrize("field", ["author", "leader", "team", "impact"])
def test_who_verified_gets_no_hand_in_it_under_another_record(
    inside: Organization, alice: Person, ann: Person, second: Person, mary: Person, field: str
) -> None:
    item = complete_item(
        item=submit_improvement(author=mary, title="Red lids"), by=somebody_else(mary), impact=Decimal(5)
    )
    verify_impact(item=item, by=second, value=Decimal(5))
    merge_people(kept=ann, merged=second, by=alice)
    said = {field: {"team": [ann], "impact": Decimal(6)}.get(field, ann)}
    with pytest.raises(EditRefused) as refused:
        edit_item(item=item, by=ann, seen=edition(item), said=said)
    assert refused.value.field == field


def test_duplicates_by_rule_end_without_a_word_and_the_rule_looks_again(
    organization: Organization, alice: Person, ann: Person, second: Person
) -> None:
    with tenant(organization):
        badge = BadgeFactory(organization=organization, mode="rule", state="active", tells_on_loss=True)
        save_rule(badge=badge, definition=COUNT_3, by=alice)
        deliver(organization, "100", 4, 6, 8), deliver(organization, "T-7", 2, 5, 9)
    evaluate_pending(organization=organization)
    with tenant(organization):
        AwardEvent.objects.update(to_tell=False)
        merge_people(kept=ann, merged=second, by=alice)
    recheck_changed(organization=organization)
    with tenant(organization):
        awards = Award.objects.order_by("starts_at").values_list("person", "starts_at__day", "ended_why")
        assert list(awards) == [(ann.pk, 5, ""), (ann.pk, 9, "merged")]
        assert not AwardEvent.objects.filter(to_tell=True).exists()
    before = stored(organization, ann)
    with tenant(organization):
        RecordChange.objects.create(organization=organization, changed_at=now())
    recheck_changed(organization=organization)
    assert stored(organization, ann) == before


def stored(organization: Organization, person: Person) -> list[tuple[Any, ...]]:
    """What stands or stood by rule, as the timeline has it."""
    with tenant(organization):
        rows = Award.objects.filter(person=person, origin="rule").exclude(ended_why__in=["merged", ""])
        standing = Award.objects.standing().filter(person=person, origin="rule")
        return sorted(
            (award.badge_id, award.key, award.starts_at, str(award.expires_at), award.ended_why)
            for award in [*rows, *standing]
        )


def test_merged_is_as_though_everything_had_been_one_persons_from_the_start(
    organization: Organization, alice: Person, ann: Person, second: Person
) -> None:
    """Under all presets, beside somebody who did all of it under one id."""
    with telling(datetime(2026, 3, 20, 12, tzinfo=UTC)), tenant(organization):
        one = PersonFactory(organization=organization, external_id="one", joined_on=date(2018, 2, 1))
        for day, title in ((date(2018, 2, 1), "Trainee"), (date(2020, 5, 1), "")):
            PlacementFactory(organization=organization, person=one, from_on=day, title=title)
        kinds: set[str] = set()
        badges = {slug: BadgeFactory(organization=organization, slug=slug, mode="both") for slug in GALLERY}
        for slug, preset in GALLERY.items():
            rule = rule_of(slug)
            if rule is not None and preset.definition is not None:
                save_rule(badge=badges[slug], definition=preset.definition, by=alice)
                kinds |= kinds_named(rule) or set()
        for number, kind in enumerate(sorted(kinds)):
            mine, theirs = [1 + number % 5, 7, 9, 12], [2 + number % 4, 7, 8, 15, 16]
            deliver(organization, "100", *mine, kind=kind), deliver(organization, "T-7", *theirs, kind=kind)
            deliver(organization, "one", *mine, kind=kind, prefix="mine")
            deliver(organization, "one", *theirs, kind=kind, prefix="theirs")
    with telling(datetime(2026, 3, 20, 12, tzinfo=UTC)):
        evaluate_pending(organization=organization)
        with tenant(organization):
            merge_people(kept=ann, merged=second, by=alice, theirs=frozenset({"joined_on"}))
            RecordChange.objects.create(organization=organization, changed_at=now())
        recheck_changed(organization=organization)
    standing = {
        person.pk: Counter(
            (row[0], row[1], row[2], row[3]) for row in stored(organization, person) if row[4] == ""
        )
        for person in (ann, one)
    }
    assert standing[ann.pk] == standing[one.pk]
    assert len(standing[one.pk]) > 10
    assert stored(organization, second) == []
