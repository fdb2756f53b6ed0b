"""The naive evaluator against answers worked out with a pencil from the page on rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.rules import calendar_time, naive
from tests.rules.calendar_time import MICROSECOND, minus, plus, window_low
from tests.rules.naive import (
    Activity,
    HandAward,
    Json,
    Person,
    Revocation,
    Stand,
    View,
    World,
    evaluate,
    matching,
    same_json,
)

NEW_YORK = "America/New_York"
SELECT: Json = {"kinds": ["k"]}
PERMANENT: Json = {"type": "permanent"}
LATE = datetime(2030, 1, 1, tzinfo=UTC)


def at(text: str, zone: str = "UTC") -> datetime:
    """'03-04' is noon of 4 March 2026; '03-04 08:00' and '2027-03-04 08:00' say more."""
    day, _, clock = text.partition(" ")
    when = date.fromisoformat(day if len(day) > 5 else f"2026-{day}")
    local = datetime.combine(when, time.fromisoformat(clock or "12:00"), ZoneInfo(zone))
    return local.astimezone(UTC)


def did(number: int | str, when: str | datetime, value: Any = None, **others: Any) -> Activity:
    occurred_at = at(when) if isinstance(when, str) else when
    plain: Json = {
        "person": "ann",
        "kind": "k",
        "role": "author",
        "attributes": {},
        "location": None,
        "source": "s",
    }
    exact = None if value is None else Decimal(str(value))
    return Activity(occurred_at=occurred_at, external_id=str(number), value=exact, **(plain | others))


def days(*texts: str) -> list[Activity]:
    return [did(number, text) for number, text in enumerate(texts, start=1)]


def world(activities: Sequence[Activity] = (), **others: Any) -> World:
    plain: Json = {"zone": "UTC", "first_weekday": 1, "people": {"ann": Person("ann")}}
    return World(activities=tuple(activities), **(plain | others))


def rule(criterion: Json, retention: Json = PERMANENT, badge: str = "b", **others: Any) -> Json:
    return {
        "id": badge,
        "name": badge,
        "repeatable": False,
        "criterion": criterion,
        "retention": retention,
    } | others


def only_for(wanted: Json) -> Json:
    return {"for": wanted}


def count(at_least: int, **others: Any) -> Json:
    return {"type": "count", "at_least": at_least, "select": SELECT} | others


def stands(where: World, *rules: Json, as_of: datetime = LATE) -> list[Stand]:
    """Of the last rule."""
    return evaluate(where, list(rules), as_of)[rules[-1]["id"]]


def spans(where: World, *rules: Json, as_of: datetime = LATE) -> list[tuple[datetime, datetime | None]]:
    return [(stand.starts, stand.ends) for stand in stands(where, *rules, as_of=as_of)]


def starts(where: World, *rules: Json, as_of: datetime = LATE) -> list[datetime]:
    return [starts for starts, _ in spans(where, *rules, as_of=as_of)]


def keys(where: World, *rules: Json) -> list[tuple[str | None, datetime]]:
    return [(stand.key, stand.starts) for stand in stands(where, *rules)]


def hits(where: World, criterion: Json) -> list[datetime]:
    """Of the criterion alone, without badges held."""
    view = View(where, where.people["ann"], LATE, tuple(naive.counting({}, where, "ann", LATE)), {})
    return naive.hits(criterion, view)


# Time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "step", "end"),
    [
        ("UTC", at("01-31"), "1 month", at("02-28")),
        ("UTC", at("2028-01-31"), "1 month", at("2028-02-29")),
        ("UTC", at("2028-02-29"), "1 year", at("2029-02-28")),
        (NEW_YORK, at("10-31 05:30"), "1 day", at("11-01 06:30")),  # 01:30 comes twice: the later
        (NEW_YORK, at("03-07 07:30"), "1 day", at("03-08 07:30")),  # 02:30 is left out: the later
        (NEW_YORK, at("03-07 17:00"), "1 week", at("03-14 16:00")),  # noon stays noon
        ("Africa/Cairo", at("04-22 22:00"), "1 day", at("04-23 22:00")),  # midnight of the 24th does not come
        ("Australia/Lord_Howe", at("04-03 14:45"), "1 day", at("04-04 15:15")),  # 01:45 comes twice
        ("UTC", at("12-31"), "2 months", at("2027-02-28")),
    ],
)
def test_local_reckoning_forwards(zone: str, start: datetime, step: str, end: datetime) -> None:
    assert plus(start, step, zone) == end


@pytest.mark.parametrize(
    ("zone", "end", "step", "start"),
    [
        ("UTC", at("03-31"), "1 month", at("02-28")),
        ("UTC", at("03-29"), "1 month", at("02-28")),
        (NEW_YORK, at("03-09 06:30"), "1 day", at("03-08 07:30")),
        (NEW_YORK, at("11-02 06:30"), "1 day", at("11-01 06:30")),
    ],
)
def test_local_reckoning_backwards(zone: str, end: datetime, step: str, start: datetime) -> None:
    assert minus(end, step, zone) == start


def test_a_window_goes_no_further_back_in_a_longer_month() -> None:
    end_of_february = at("03-01 00:00") - MICROSECOND
    assert window_low(at("03-28 12:00"), "1 month", "UTC") == at("02-28 12:00")
    assert window_low(at("03-30 00:30"), "1 month", "UTC") == end_of_february
    assert window_low(at("03-31 23:00"), "1 month", "UTC") == end_of_february
    assert window_low(at("04-01 00:30"), "1 month", "UTC") == at("03-01 00:30")


def test_a_window_goes_no_further_back_when_an_hour_comes_again() -> None:
    second_time = at("11-01 06:10")  # 01:10 for the second time
    assert window_low(second_time, "1 day", NEW_YORK) == at("10-31 06:00") - MICROSECOND


@pytest.mark.parametrize("zone", [NEW_YORK, "Australia/Lord_Howe", "America/Havana"])
def test_the_short_way_to_the_low_end_of_a_window_is_the_long_one(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [at("03-01 00:10") + timedelta(hours=7 * n) for n in range(150)]
    short = [window_low(moment, "1 month", zone) for moment in moments]
    monkeypatch.setattr(calendar_time, "steps_are_even", lambda *_: False)
    window_low.cache_clear()
    assert short == [window_low(moment, "1 month", zone) for moment in moments]
    window_low.cache_clear()


def test_a_period_ends_where_the_next_local_date_first_comes() -> None:
    assert calendar_time.first_instant(date(2026, 11, 1), "America/Havana") == at("11-01 04:00")
    assert calendar_time.midnight(date(2026, 11, 1), "America/Havana") == at("11-01 05:00")
    assert calendar_time.first_instant(date(2026, 4, 24), "Africa/Cairo") == at("04-23 22:00")


# Selectors -------------------------------------------------------------------------------------------


def selected(activities: Sequence[Activity], select: Json, **others: Any) -> list[str]:
    where = world(activities, **others)
    view = View(where, where.people["ann"], LATE, tuple(activities), {})
    return [activity.external_id for activity in matching(select, view)]


def test_a_selector_narrows_by_what_it_says() -> None:
    tree = {"hq": None, "east": "hq", "west": "hq"}
    record = [
        did(1, "03-01", 5, location="east"),
        did(2, "03-02", 4, role="leader", location="west"),
        did(3, "03-03", None, kind="k.more", attributes={"area": "docs"}),
    ]
    assert selected(record, {}) == ["1", "2", "3"]
    assert selected(record, {"kinds": ["k"]}) == ["1", "2"]
    assert selected(record, {"roles": ["leader", "member"]}) == ["2"]
    assert selected(record, {"min_value": 5}) == ["1"]
    assert selected(record, {"min_value": -5}) == ["1", "2"]
    assert selected(record, {"attributes": {"area": ["docs", "floor"]}}) == ["3"]
    assert selected(record, {"attributes": {"area": "floor"}}) == []
    assert selected(record, {"location": "hq"}, locations=tree) == ["1", "2"]
    assert selected(record, {"location": "west"}, locations=tree) == ["2"]


def test_attributes_are_exact_json_values() -> None:
    assert same_json(1, 1.0)
    assert not same_json(1, True)
    assert not same_json("1", 1)
    assert same_json({"a": [1, None]}, {"a": [1, None]})
    record = [did(1, "03-01", attributes={"a": None}), did(2, "03-01")]
    assert selected(record, {"attributes": {"a": [None]}}) == ["1"]


def test_per_day_takes_the_first_of_a_local_day_that_match_otherwise() -> None:
    record = [
        did(1, at("03-03 23:30", NEW_YORK), kind="other"),
        did(2, at("03-03 23:40", NEW_YORK)),
        did(3, at("03-03 23:50", NEW_YORK)),
        did(4, at("03-04 00:10", NEW_YORK)),
    ]
    assert selected(record, SELECT | {"per_day": 1}, zone=NEW_YORK) == ["2", "4"]
    assert selected(record, SELECT | {"per_day": 2}, zone=NEW_YORK) == ["2", "3", "4"]
    assert selected(record, SELECT | {"per_day": 1}) == ["2"]  # one day in UTC


def test_voided_and_later_activities_count_for_nothing() -> None:
    record = [did(1, "03-01", voided=True), did(2, "03-02"), did(3, "03-03")]
    assert starts(world(record), rule(count(1))) == [at("03-02")]
    assert starts(world(record), rule(count(2)), as_of=at("03-03") - MICROSECOND) == []
    assert starts(world(record), rule(count(2)), as_of=at("03-03")) == [at("03-03")]
    once_a_day = rule(count(1, select=SELECT | {"per_day": 1}))
    assert starts(world([did(1, "03-01 08:00", voided=True), did(2, "03-01")]), once_a_day) == [at("03-01")]


# Count, sum, average ---------------------------------------------------------------------------------


def test_kaizen_burst() -> None:
    burst = rule(count(3, within="7 days"))
    [stand] = stands(world(days("03-03", "03-04", "03-06", "03-07")), burst)
    assert stand == Stand("ann", None, at("03-06"), None, ("1", "2", "3"))
    assert stands(world(days("03-03", "03-07", "03-10 12:00")), burst) == []  # the 3rd is just not later
    assert starts(world(days("03-03 12:00:00.000001", "03-07", "03-10")), burst) == [at("03-10")]


def test_activities_of_one_instant_count_together() -> None:
    record = [did(3, "03-01"), did(1, "03-01"), did(2, "03-01")]
    assert stands(world(record), rule(count(2))) == [Stand("ann", None, at("03-01"), None, ("2", "3"))]
    assert hits(world(record), count(3)) == [at("03-01")]


def test_what_has_left_a_window_does_not_come_back() -> None:
    record = days("02-28 12:00", "03-30 00:30")
    assert minus(at("03-30 00:30"), "1 month", "UTC") < at("02-28 12:00")
    assert hits(world(record), count(2, within="1 month")) == []
    assert hits(world(days("02-28 12:00", "03-28 11:59")), count(2, within="1 month")) == [at("03-28 11:59")]


def test_count_per_month_is_of_the_local_month() -> None:
    record = [did(1, at("03-31 23:30", NEW_YORK)), did(2, at("03-31 23:40", NEW_YORK)), did(3, "04-30")]
    monthly = count(2, per="month")
    assert hits(world(record), monthly) == [at("03-31 23:40", NEW_YORK), at("04-30")]  # April in UTC
    assert hits(world(record, zone=NEW_YORK), monthly) == [at("03-31 23:40", NEW_YORK)]


def test_the_first_of_a_month_begins_anew() -> None:
    assert hits(world(days("03-31", "04-01", "04-02", "04-03")), count(2, per="month")) == [
        at("04-02"),
        at("04-03"),
    ]


def test_a_sum_reached_is_hit_though_it_falls_back() -> None:
    record = [
        did(1, "03-01", 6),
        did(2, "03-02", 4),
        did(3, "03-03", -5),
        did(4, "03-04"),
        did(5, "03-05", 5),
    ]
    ten: Json = {"type": "sum", "at_least": 10, "select": SELECT}
    assert hits(world(record), ten) == [at("03-02"), at("03-05")]
    assert stands(world(record), rule(ten)) == [Stand("ann", None, at("03-02"), None, ("1", "2"))]


def test_a_sum_within_a_window_and_its_evidence() -> None:
    record = [did(1, "03-01", 6), did(2, "03-05", 3), did(3, "03-06"), did(4, "03-08", 7)]
    assert stands(
        world(record), rule({"type": "sum", "at_least": 10, "within": "7 days", "select": SELECT})
    ) == [Stand("ann", None, at("03-08"), None, ("2", "3", "4"))]


def test_an_activity_without_value_is_a_hit_of_a_sum_that_is_high_enough() -> None:
    record = [did(1, "03-01", 6), did(2, "03-02")]
    assert hits(world(record), {"type": "sum", "at_least": 6, "select": SELECT}) == [at("03-01"), at("03-02")]


def test_an_average_leaves_out_what_has_no_value() -> None:
    record = [did(1, "03-01", 5), did(2, "03-02"), did(3, "03-03", 4), did(4, "03-04"), did(5, "03-05", 3)]
    mean: Json = {"type": "average", "at_least": 4.5, "over": 2, "select": SELECT}
    assert hits(world(record), mean) == [at("03-03")]
    assert stands(world(record), rule(mean))[0].evidence == ("1", "3")
    assert hits(world(record), mean | {"at_least": 4, "over": 3}) == [at("03-05")]


def test_an_average_is_exact() -> None:
    record = [did(1, "03-01", "0.1"), did(2, "03-02", "0.2"), did(3, "03-03", "0.3")]
    assert hits(world(record), {"type": "average", "at_least": 0.2, "over": 3, "select": SELECT}) == [
        at("03-03")
    ]


# Streaks and tenure ----------------------------------------------------------------------------------


def streak(length: int, per: str, each: int = 1) -> Json:
    return {"type": "streak", "length": length, "per": per, "each": each, "select": SELECT}


@pytest.mark.parametrize(
    ("first_weekday", "expected"),
    [
        # 2026: 27 December is a Sunday, 1 January 2027 a Friday, 4 January a Monday.
        (1, ["2027-01-04"]),  # weeks of 21, 28 December and 4 January: 27th, 2nd, 4th
        (7, []),  # weeks of 27 December (27th and 2nd) and 3 January (4th)
        (6, []),  # weeks of 26 December (27th) and 2 January (2nd and 4th)
        (2, []),  # weeks of 22 December (27th) and 29 December (2nd and 4th)
        (3, []),  # weeks of 23 December (27th) and 30 December (2nd and 4th)
        (4, []),  # weeks of 24 December (27th) and 31 December (2nd and 4th)
        (5, []),  # weeks of 25 December (27th) and 1 January (2nd and 4th)
    ],
)
def test_weeks_run_on_over_new_year(first_weekday: int, expected: list[str]) -> None:
    record = days("2026-12-27", "2027-01-02", "2027-01-04")
    where = world(record, first_weekday=first_weekday)
    assert hits(where, streak(3, "week")) == [at(text) for text in expected]
    assert hits(where, streak(2, "week"))[:1] == [at("2027-01-04" if first_weekday == 7 else "2027-01-02")]


def test_every_activity_of_a_reached_period_is_a_hit_of_the_streak() -> None:
    record = days("01-10", "01-20", "02-10", "02-11", "02-12", "04-01", "04-02", "05-01")
    assert hits(world(record), streak(2, "month", each=2)) == [at("02-11"), at("02-12")]
    assert stands(world(record), rule(streak(2, "month", each=2)))[0].evidence == ("1", "2", "3", "4")


def test_streaks_of_quarters_and_years() -> None:
    assert hits(world(days("03-31", "04-01", "12-31")), streak(2, "quarter")) == [at("04-01")]
    assert hits(world(days("12-31", "2027-01-01")), streak(2, "year")) == [at("2027-01-01")]


def test_tenure_is_local_midnight_of_the_day() -> None:
    def joined(day: date | None) -> World:
        return world(zone=NEW_YORK, people={"ann": Person("ann", day)})

    five_years = rule({"type": "tenure", "of": "5 years"})
    assert stands(joined(date(2021, 7, 1)), five_years) == [Stand("ann", None, at("07-01 04:00"), None, ())]
    assert starts(joined(date(2020, 2, 29)), five_years) == [at("2025-02-28 05:00")]
    assert starts(joined(None), five_years) == []
    assert starts(joined(date(2021, 7, 1)), five_years, as_of=at("07-01 03:59")) == []


# Combinations ----------------------------------------------------------------------------------------


def of_kind(kind: str, at_least: int = 1, **others: Any) -> Json:
    return count(at_least, select={"kinds": [kind]}, **others)


def kinds(*pairs: tuple[str, str]) -> World:
    return world([did(number, when, kind=kind) for number, (kind, when) in enumerate(pairs, start=1)])


def test_all_of_is_hit_when_its_last_part_is_and_by_each_hit_after() -> None:
    where = kinds(("a", "01-01"), ("b", "06-01"), ("a", "07-01"), ("c", "08-01"))
    both: Json = {"type": "all_of", "parts": [of_kind("a"), of_kind("b")]}
    assert hits(where, both) == [at("06-01"), at("07-01")]
    assert stands(where, rule(both))[0].evidence == ("1", "2")


def test_all_of_within_wants_every_part_hit_lately() -> None:
    where = kinds(("a", "01-01"), ("b", "04-01"), ("a", "04-08"), ("b", "04-15"))
    both: Json = {"type": "all_of", "parts": [of_kind("a"), of_kind("b")], "within": "7 days"}
    assert hits(where, both) == []
    where = kinds(("a", "01-01"), ("b", "04-01"), ("a", "04-07"))
    assert hits(where, both) == [at("04-07")]
    assert stands(where, rule(both))[0].evidence == ("2", "3")


def test_at_least_k_and_any_of() -> None:
    where = kinds(("a", "01-01"), ("b", "02-01"), ("c", "03-01"))
    parts = [of_kind("a"), of_kind("b"), of_kind("c")]
    assert hits(where, {"type": "at_least", "k": 2, "parts": parts}) == [at("02-01"), at("03-01")]
    assert hits(where, {"type": "any_of", "parts": parts}) == [at("01-01"), at("02-01"), at("03-01")]


def test_a_nested_combination_stays_satisfied_unless_within_says_otherwise() -> None:
    where = kinds(("a", "01-01"), ("b", "01-02"), ("c", "03-01"))
    pair: Json = {"type": "all_of", "parts": [of_kind("a"), of_kind("b")]}
    both: Json = {"type": "all_of", "parts": [pair, of_kind("c")]}
    assert hits(where, both) == [at("03-01")]
    assert stands(where, rule(both))[0].evidence == ("1", "2", "3")
    assert hits(where, both | {"within": "1 month"}) == []
    fleeting: Json = {"type": "all_of", "parts": [pair | {"within": "7 days"}, of_kind("c")]}
    assert hits(where, fleeting) == []  # at 1 March neither a nor b was hit within 7 days
    assert hits(where, fleeting | {"within": "2 months"}) == [at("03-01")]  # it was hit on 2 January


def test_evidence_is_of_the_latest_hit_of_each_satisfied_part() -> None:
    where = kinds(("a", "01-01"), ("a", "01-05"), ("b", "01-03"), ("c", "02-01"))
    either: Json = {"type": "any_of", "parts": [of_kind("a"), of_kind("b")]}
    assert stands(where, rule({"type": "all_of", "parts": [either, of_kind("c")]}))[0].evidence == (
        "3",
        "2",
        "4",
    )


def test_a_part_that_holds_is_held_then_not_once() -> None:
    held = HandAward("belt", "ann", at("01-01"), at("02-01"))
    where = world(days("02-01", "02-02"), hand=(held,))
    belt: Json = {"type": "holds", "at_least": 1, "badges": ["belt"]}
    both: Json = {"type": "all_of", "parts": [belt, count(1)]}
    assert starts(where, rule(both)) == []  # an award stands on [start, end)
    earlier = world(days("01-31", "02-02"), hand=(held,))
    assert stands(earlier, rule(both)) == [Stand("ann", None, at("01-31"), None, ("1",))]
    again = world(days("01-31"), hand=(HandAward("belt", "ann", at("03-01"), None),))
    assert starts(again, rule(both)) == [at("03-01")]
    assert starts(again, rule(both | {"within": "7 days"})) == []  # the count was hit too long ago
    assert starts(earlier, rule(both | {"within": "7 days"})) == [
        at("01-31")
    ]  # the belt is held, however long


# Holding other badges --------------------------------------------------------------------------------


def holds(at_least: int, *badges: str) -> Json:
    return {"type": "holds", "at_least": at_least, "badges": list(badges)}


def test_holds_is_hit_at_the_start_of_each_unbroken_interval() -> None:
    hand = (
        HandAward("x", "ann", at("01-01"), at("02-01")),
        HandAward("y", "ann", at("02-01"), at("03-01")),
        HandAward("y", "ann", at("02-20"), at("04-01")),
        HandAward("x", "ann", at("05-01"), None),
    )
    where = world(hand=hand)
    satisfied = {"type": "satisfied"}
    assert spans(where, rule(holds(1, "x", "y"), satisfied)) == [
        (at("01-01"), at("04-01")),
        (at("05-01"), None),
    ]
    assert spans(where, rule(holds(2, "x", "y"), satisfied)) == []
    assert spans(where, rule(holds(1, "y"), satisfied)) == [(at("02-01"), at("04-01"))]
    assert spans(where, rule(holds(1, "x", "y"), satisfied), as_of=at("03-15")) == [
        (at("01-01"), at("04-01"))
    ]
    assert spans(where, rule(holds(1, "x", "y"))) == [(at("01-01"), None)]
    assert spans(where, rule(holds(1, "x", "y"), {"type": "expires", "after": "1 month"})) == [
        (at("01-01"), at("02-01")),
        (at("05-01"), at("06-01")),
    ]


def test_badges_are_held_each_by_their_own_holder() -> None:
    people = {name: Person(name) for name in ("ann", "bob")}
    hand = (HandAward("x", "bob", at("04-15")), HandAward("y", "ann", at("04-15")))
    assert stands(world(people=people, hand=hand), rule(holds(1, "x"))) == [
        Stand("bob", None, at("04-15"), None, ())
    ]
    assert stands(world(people=people, hand=hand), rule(holds(2, "x", "y"))) == []


def test_badges_hold_badges_in_chains_in_any_order_of_rules() -> None:
    first = rule(count(1), {"type": "expires", "after": "1 month"}, badge="first")
    second = rule(holds(1, "first"), {"type": "satisfied"}, badge="second")
    third = rule(holds(2, "first", "second"), {"type": "satisfied"}, badge="third")
    where = world(days("01-10", "02-10", "05-10"))
    expected = [(at("01-10"), at("03-10")), (at("05-10"), at("06-10"))]
    assert spans(where, third, first, second) == expected
    assert spans(where, first, second, third) == expected


def test_badges_may_not_hold_each_other() -> None:
    with pytest.raises(ValueError, match="circle"):
        evaluate(world(), [rule(holds(1, "b"), badge="a"), rule(holds(1, "a"), badge="b")], LATE)


def test_a_badge_is_held_while_the_award_by_hand_or_the_rules_stands() -> None:
    first = rule(count(1), {"type": "expires", "after": "1 month"}, badge="first")
    second = rule(holds(1, "first"), {"type": "satisfied"}, badge="second")
    where = world(days("01-10"), hand=(HandAward("first", "ann", at("02-01"), at("03-01")),))
    assert spans(where, first, second) == [(at("01-10"), at("03-01"))]


# Retention -------------------------------------------------------------------------------------------

MONTH: Json = {"type": "expires", "after": "1 month"}


def test_expires_is_renewed_at_the_very_instant_of_its_end() -> None:
    assert spans(world(days("01-10", "02-10")), rule(count(1), MONTH)) == [(at("01-10"), at("03-10"))]
    assert spans(world(days("01-10", "02-10 12:00:00.000001")), rule(count(1), MONTH)) == [
        (at("01-10"), at("02-10")),
        (at("02-10 12:00:00.000001"), at("03-10 12:00:00.000001")),
    ]


def test_a_renewal_never_shortens() -> None:
    # 30 January 20:00 + 1 month = 28 February 20:00; 31 January 08:00 + 1 month = 28 February 08:00.
    record = days("01-30 20:00", "01-31 08:00")
    assert spans(world(record), rule(count(1), MONTH)) == [(at("01-30 20:00"), at("02-28 20:00"))]


def test_expires_looks_ahead_of_the_instant_asked_about() -> None:
    record = days("01-10", "02-01")
    assert spans(world(record), rule(count(1), MONTH), as_of=at("01-20")) == [(at("01-10"), at("02-10"))]


def test_one_improvement_per_month() -> None:
    monthly = rule(count(1), {"type": "while", "at_least": 1, "within": "1 month"})
    record = days("01-31", "02-28 12:00", "03-28 12:00:01")
    assert spans(world(record), monthly) == [
        (at("01-31"), at("03-28")),  # cover that begins at the very instant another ends goes on
        (at("03-28 12:00:01"), at("04-28 12:00:01")),
    ]


def test_while_two_lasts_from_the_one_before() -> None:
    kept: Json = {"type": "while", "at_least": 2, "within": "7 days"}
    # Covers: 2nd: [03-03, 03-08); 3rd: [03-06, 03-10); the 4th comes as the 3rd has been 8 days ago: none.
    record = days("03-01", "03-03", "03-06", "03-14")
    assert [(s.starts, s.ends, s.evidence) for s in stands(world(record), rule(count(1), kept))] == [
        (at("03-03"), at("03-10"), ("2",))
    ]


def test_while_starts_only_at_a_hit_that_is_covered() -> None:
    kept: Json = {"type": "while", "at_least": 1, "within": "7 days", "select": {"kinds": ["c"]}}
    where = kinds(("a", "03-01"), ("c", "03-02"), ("a", "03-05"), ("a", "03-20"), ("c", "03-25"))
    assert spans(where, rule(of_kind("a"), kept)) == [(at("03-05"), at("03-09"))]
    on_the_end = kinds(("c", "03-02"), ("a", "03-09"))
    assert spans(on_the_end, rule(of_kind("a"), kept)) == []


def test_while_cover_of_several_at_once_is_the_longest_of_theirs() -> None:
    kept: Json = {"type": "while", "at_least": 2, "within": "7 days"}
    record = [did(1, "03-01"), did(2, "03-03"), did(3, "03-03")]
    assert spans(world(record), rule(count(1), kept)) == [(at("03-03"), at("03-10"))]


def test_later_cover_never_shortens() -> None:
    monthly = rule(count(1), {"type": "while", "at_least": 1, "within": "1 month"})
    record = days("01-30 20:00", "01-31 08:00")
    assert spans(world(record), monthly) == [(at("01-30 20:00"), at("02-28 20:00"))]


def test_an_activity_just_covered_by_two_long_past_gives_no_cover() -> None:
    """Its cover would end, D after the one before it, at the instant at which it begins."""
    kept: Json = {"type": "while", "at_least": 2, "within": "7 days"}
    assert spans(world(days("03-01", "03-08")), rule(count(1), kept)) == []
    assert spans(world(days("03-01", "03-08", "03-10")), rule(count(1), kept)) == [(at("03-10"), at("03-15"))]


def test_satisfied_streak_ends_after_the_period_that_failed() -> None:
    kept = rule(streak(2, "month"), {"type": "satisfied"})
    record = days("01-10", "02-10", "03-10", "05-10", "06-10")
    expected = [(at("02-10"), at("05-01 00:00")), (at("06-10"), at("08-01 00:00"))]
    assert spans(world(record), kept) == expected
    assert spans(world(record), kept, as_of=at("02-20")) == [(at("02-10"), at("04-01 00:00"))]


def test_a_satisfied_streak_goes_on_with_every_period_that_reaches() -> None:
    record = days("01-10", "02-10", "03-10", "04-10", "05-10", "07-10", "08-10")
    assert spans(world(record), rule(streak(2, "month"), {"type": "satisfied"})) == [
        (at("02-10"), at("07-01 00:00")),
        (at("08-10"), at("10-01 00:00")),
    ]


def test_satisfied_streak_ends_at_the_first_instant_of_the_local_date() -> None:
    kept = rule(streak(1, "day"), {"type": "satisfied"})
    where = world([did(1, at("10-30 12:00", "America/Havana"))], zone="America/Havana")
    assert spans(where, kept) == [(at("10-30 16:00"), at("11-01 04:00"))]  # midnight comes twice


def test_a_streak_that_begins_as_the_last_one_ends_is_a_new_award() -> None:
    kept = rule(streak(1, "day"), {"type": "satisfied"})
    assert spans(world(days("03-01", "03-03 00:00")), kept) == [
        (at("03-01"), at("03-03 00:00")),
        (at("03-03 00:00"), at("03-05 00:00")),
    ]


def test_satisfied_is_refused_for_others() -> None:
    with pytest.raises(ValueError, match="count"):
        evaluate(world(days("03-01")), [rule(count(1), {"type": "satisfied"})], LATE)


# Repeatable ------------------------------------------------------------------------------------------


def test_repeatable_by_period() -> None:
    monthly = rule(count(2, per="month"), repeatable=True)
    record = days("01-10", "01-20", "01-30", "02-01", "03-01", "03-02")
    assert stands(world(record), monthly) == [
        Stand("ann", "2026-01-01", at("01-20"), None, ("1", "2")),
        Stand("ann", "2026-03-01", at("03-02"), None, ("5", "6")),
    ]
    weekly: Json = {"type": "sum", "at_least": 3, "per": "week", "select": SELECT}
    record = [did(1, "2026-12-31", 1), did(2, "2027-01-01", 2), did(3, "2027-01-04", 4)]
    assert keys(world(record, first_weekday=7), rule(weekly, repeatable=True)) == [
        ("2026-12-27", at("2027-01-01")),
        ("2027-01-03", at("2027-01-04")),
    ]


def test_repeatable_by_ordinal_each_with_its_own_evidence() -> None:
    every_other = rule(count(2), MONTH, repeatable=True)
    record = [
        did(2, "01-10"),
        did(1, "01-10"),
        did(3, "01-10"),
        did(4, "01-10"),
        did(5, "01-20"),
        did(6, "01-21"),
    ]
    assert stands(world(record), every_other) == [
        Stand("ann", "1", at("01-10"), at("02-10"), ("1", "2")),
        Stand("ann", "2", at("01-10"), at("02-10"), ("3", "4")),
        Stand("ann", "3", at("01-21"), at("02-21"), ("5", "6")),
    ]


def test_repeatable_streak_at_every_lth_period() -> None:
    twice = rule(streak(2, "month"), repeatable=True)
    record = days("01-10", "02-10", "02-20", "03-10", "04-10", "05-10", "07-10", "08-10")
    assert [(s.key, s.starts, s.evidence) for s in stands(world(record), twice)] == [
        ("2026-02-01", at("02-10"), ("1", "2")),
        ("2026-04-01", at("04-10"), ("4", "5")),
        ("2026-08-01", at("08-10"), ("7", "8")),
    ]


def test_each_award_of_a_repeatable_badge_is_revoked_by_itself() -> None:
    every = rule(count(1), MONTH, repeatable=True)
    revoked = (
        Revocation("b", "ann", at("02-15"), "2"),
        Revocation("b", "ann", at("05-01"), "1"),  # it has ended before
        Revocation("b", "ann", at("01-01"), "3"),  # revoked before it now starts: it does not stand
    )
    assert [
        (s.key, s.starts, s.ends)
        for s in stands(world(days("01-10", "02-10", "03-10", "04-10"), revocations=revoked), every)
    ] == [
        ("1", at("01-10"), at("02-10")),
        ("2", at("02-10"), at("02-15")),
        ("4", at("04-10"), at("05-10")),
    ]


# Revocations -----------------------------------------------------------------------------------------


def test_after_a_revocation_only_later_activities_count() -> None:
    record = days("01-10", "01-20", "02-10", "02-20")
    two = rule(count(2))
    revoked = Revocation("b", "ann", at("02-10"))
    assert spans(world(record), two) == [(at("01-20"), None)]
    assert spans(world(record, revocations=(revoked,)), two) == [(at("01-20"), at("02-10"))]
    revoked = Revocation("b", "ann", at("02-10") - MICROSECOND)
    assert [(s.starts, s.ends, s.evidence) for s in stands(world(record, revocations=(revoked,)), two)] == [
        (at("01-20"), at("02-10") - MICROSECOND, ("1", "2")),
        (at("02-20"), None, ("3", "4")),
    ]
    assert spans(world(record, revocations=(revoked,)), two, as_of=at("02-01")) == [(at("01-20"), None)]
    others = (Revocation("b", "bob", at("02-01")), Revocation("c", "ann", at("02-01")))
    assert spans(world(record, revocations=others), two) == [(at("01-20"), None)]


def test_a_lifted_revocation_is_as_though_it_had_never_been() -> None:
    """Lifted ones are not in the record: with the first lifted, the second alone cuts."""
    record = days("01-10", "02-10", "03-10")
    first, second = Revocation("b", "ann", at("01-15")), Revocation("b", "ann", at("02-15"))
    assert spans(world(record, revocations=(first, second)), rule(count(1))) == [
        (at("01-10"), at("01-15")),
        (at("02-10"), at("02-15")),
        (at("03-10"), None),
    ]
    assert spans(world(record, revocations=(second,)), rule(count(1))) == [
        (at("01-10"), at("02-15")),
        (at("03-10"), None),
    ]


def test_an_award_starts_at_a_hit_later_than_the_revocation() -> None:
    people = {"ann": Person("ann", date(2025, 1, 1))}
    tenure = rule({"type": "tenure", "of": "1 year"})
    at_once = (Revocation("b", "ann", at("01-01 00:00")),)
    assert spans(world(people=people, revocations=at_once), tenure) == []
    before = (Revocation("b", "ann", at("01-01 00:00") - MICROSECOND),)
    assert spans(world(people=people, revocations=before), tenure) == [(at("01-01 00:00"), None)]
    either: Json = {"type": "any_of", "parts": [tenure["criterion"], count(1)]}
    where = world(days("01-01 00:00", "02-01"), people=people, revocations=at_once)
    assert [(s.starts, s.evidence) for s in stands(where, rule(either))] == [(at("02-01"), ("2",))]


def test_a_revocation_while_nothing_stood_cuts_all_the_same() -> None:
    revoked = (Revocation("b", "ann", at("01-15")),)
    assert starts(world(days("01-10", "01-20", "01-30"), revocations=revoked), rule(count(2))) == [
        at("01-30")
    ]


def test_cover_too_is_of_later_activities_alone() -> None:
    kept: Json = {"type": "while", "at_least": 2, "within": "7 days"}
    record = days("03-01", "03-02", "03-04", "03-05")
    revoked = (Revocation("b", "ann", at("03-03")),)
    assert spans(world(record, revocations=revoked), rule(count(1), kept)) == [
        (at("03-02"), at("03-03")),
        (at("03-05"), at("03-11")),
    ]


def test_tenure_and_held_badges_count_as_ever_after_a_revocation() -> None:
    people = {"ann": Person("ann", date(2025, 1, 1))}
    tenure: Json = {"type": "tenure", "of": "1 year"}
    revoked = (Revocation("b", "ann", at("02-01")),)
    where = world(
        days("03-01"), people=people, revocations=revoked, hand=(HandAward("x", "ann", at("01-05")),)
    )
    assert spans(where, rule(tenure)) == [(at("01-01 00:00"), at("02-01"))]
    assert spans(where, rule({"type": "all_of", "parts": [tenure, holds(1, "x"), count(1)]})) == [
        (at("03-01"), None)
    ]
    assert spans(where, rule(holds(1, "x"), {"type": "satisfied"})) == [(at("01-05"), at("02-01"))]


# For whom, and from when -----------------------------------------------------------------------------


def test_for_asks_for_the_person_as_they_were_on_that_day() -> None:
    moved = Person("ann", None, ((None, "east-1", "Nurse"), (date(2026, 3, 1), "west", "Clerk")))
    tree = {"hq": None, "east": "hq", "east-1": "east", "west": "hq"}

    def found(wanted: Json, *texts: str) -> list[datetime]:
        return starts(
            world(days(*texts), people={"ann": moved}, locations=tree), rule(count(1), **only_for(wanted))
        )

    assert found({"titles": ["Nurse"]}, "02-28 23:59", "03-02") == [at("02-28 23:59")]
    assert found({"titles": ["Nurse"]}, "03-01 00:00") == []
    assert found({"titles": ["Nurse", "Clerk"]}, "03-01 00:00") == [at("03-01 00:00")]
    assert found({"locations": ["east"]}, "02-10", "03-10") == [at("02-10")]
    assert found({"locations": ["west"]}, "02-10", "03-10") == [at("03-10")]
    assert found({"locations": ["hq"], "titles": ["Clerk"]}, "02-10", "03-10") == [at("03-10")]


def test_a_change_of_title_takes_nothing_away_and_what_was_done_before_it_counts() -> None:
    nurse_then_clerk = Person("ann", None, ((None, None, "Nurse"), (date(2026, 3, 1), None, "Clerk")))
    where = world(days("02-10", "02-20", "03-10"), people={"ann": nurse_then_clerk})
    assert spans(where, rule(count(2), **only_for({"titles": ["Nurse"]}))) == [(at("02-20"), None)]
    assert spans(where, rule(count(3), **only_for({"titles": ["Clerk"]}))) == [(at("03-10"), None)]
    assert spans(where, rule(count(1), MONTH, **only_for({"titles": ["Nurse"]}))) == [
        (at("02-10"), at("03-20"))
    ]
    weekly = {"type": "expires", "after": "1 week"}
    assert spans(where, rule(count(1), weekly, **only_for({"titles": ["Clerk"]}))) == [
        (at("03-10"), at("03-17"))
    ]


def test_for_asks_of_the_whole_criterion_not_of_its_parts() -> None:
    nurse_then_clerk = Person("ann", None, ((None, None, "Nurse"), (date(2026, 3, 1), None, "Clerk")))
    record = [did(1, "02-10", kind="a"), did(2, "03-10", kind="b")]
    both: Json = {"type": "all_of", "parts": [of_kind("a"), of_kind("b")]}
    where = world(record, people={"ann": nurse_then_clerk})
    assert starts(where, rule(both, **only_for({"titles": ["Clerk"]}))) == [at("03-10")]


def test_joined_from_a_day_on() -> None:
    people = {
        name: Person(name, day)
        for name, day in (("ann", date(2026, 1, 1)), ("bob", date(2025, 12, 31)), ("cid", None))
    }
    record = [did(name, "03-01", person=name) for name in people]
    found = stands(world(record, people=people), rule(count(1), **only_for({"joined_from": "2026-01-01"})))
    assert [stand.person for stand in found] == ["ann"]


def test_repeatables_with_for_keep_their_ordinals() -> None:
    nurse_then_clerk = Person("ann", None, ((None, None, "Nurse"), (date(2026, 3, 1), None, "Clerk")))
    where = world(days("02-10", "03-10", "03-11"), people={"ann": nurse_then_clerk})
    clerks = only_for({"titles": ["Clerk"]}) | {"repeatable": True}
    assert keys(where, rule(count(1), **clerks)) == [("2", at("03-10")), ("3", at("03-11"))]


def test_a_campaign_counts_from_one_instant_up_to_another() -> None:
    campaign: Json = {"counts": {"from": "2026-05-01T12:00:00Z", "until": "2026-06-01T12:00:00Z"}}
    record = days("04-30", "05-01 12:00", "06-01 11:59", "06-01 12:00")
    assert hits(world(record), count(1)) != []
    assert stands(world(record), rule(count(2), **campaign))[0].evidence == ("2", "3")
    assert stands(world(record), rule(count(3), **campaign)) == []
    assert starts(world(record), rule(count(3), counts={"from": "2026-05-01T12:00:00Z"})) == [
        at("06-01 12:00")
    ]
    assert starts(world(record), rule(count(2), counts={"until": "2026-05-01T12:00:00Z"})) == []


def test_a_campaign_is_of_cover_and_of_per_day_too() -> None:
    kept: Json = {"type": "while", "at_least": 2, "within": "1 month"}
    since_noon: Json = {"counts": {"from": "2026-05-01T12:00:00Z"}}
    record = days("05-01 08:00", "05-01 13:00", "05-10")
    assert spans(world(record), rule(count(1), kept, **since_noon)) == [(at("05-10"), at("06-01 13:00"))]
    first_of_day = count(1, select=SELECT | {"per_day": 1})
    assert starts(world(record), rule(first_of_day, **since_noon)) == [at("05-01 13:00")]


def test_people_are_judged_each_by_their_own_record() -> None:
    people = {name: Person(name) for name in ("ann", "bob")}
    record = [did(1, "03-01"), did(2, "03-02", person="bob"), did(3, "03-03", person="bob")]
    assert stands(world(record, people=people), rule(count(2))) == [
        Stand("bob", None, at("03-03"), None, ("2", "3"))
    ]


def test_grace_moves_the_revocation_and_not_the_meaning() -> None:
    record = days("01-10")
    retention: Json = MONTH | {"grace": "7 days"}
    assert spans(world(record), rule(count(1), retention)) == [(at("01-10"), at("02-10"))]
