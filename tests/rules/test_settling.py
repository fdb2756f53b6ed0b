"""Which stored award is which of the timeline, what is done to it, and who is told."""

from datetime import UTC, datetime, timedelta

import pytest

from badges.models import AwardChange, Badge, EndedWhy
from badges.settling import Change, Orders, Stand, Stored, pair, settle

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BADGE = Badge(tells_on_grant=True, tells_on_loss=True)
ORDERS = Orders(badge=BADGE, at=NOW, rule_version=2, lapses=True)


def stand(starts: int, ends: int | None = None, *, key: str = "", revoked: bool = False) -> Stand:
    """From so many days from now on."""
    return Stand(1, key, NOW + starts * DAY, None if ends is None else NOW + ends * DAY, revoked, (7,))


def stored(
    starts: int,
    expires: int | None = None,
    *,
    own_id: int = 5,
    ended: int | None = None,
    why: str = "",
    key: str = "",
) -> Stored:
    over = None if ended is None else NOW + ended * DAY
    return Stored(
        own_id, 1, key, NOW + starts * DAY, None if expires is None else NOW + expires * DAY, over, why, (7,)
    )


def done(stands: list[Stand], awards: list[Stored], orders: Orders = ORDERS) -> list[tuple[int, str, bool]]:
    return [(change.award.id, change.change, change.to_tell) for change in settle(orders, stands, awards)]


def ids(pairs: list[tuple[Stand, Stored]]) -> list[tuple[Stand, int]]:
    return [(one, award.id) for one, award in pairs]


def test_what_starts_alike_pairs_before_what_overlaps() -> None:
    early, late = stand(-20, -12), stand(-10)
    pairs, alone, left = pair([early, late], [stored(-15, own_id=1), stored(-10, own_id=2)], by_key=False)
    assert ids(pairs) == [(late, 2), (early, 1)]
    assert (alone, left) == ([], [])


def test_overlaps_pair_in_order_of_start_each_once() -> None:
    one, two = stand(-30, -20), stand(-15, -10)
    wide = stored(-28, own_id=1)
    pairs, alone, left = pair([two, one], [wide], by_key=False)
    assert (ids(pairs), alone, left) == ([(one, 1)], [two], [])


def test_what_only_touches_does_not_overlap() -> None:
    over = stored(-30, own_id=1, ended=-20, why="lapsed")
    _, alone, left = pair([stand(-20, -10)], [over], by_key=False)
    assert (alone, left) == ([stand(-20, -10)], [over])


def test_of_a_repeatable_badge_the_key_pairs_and_nothing_else() -> None:
    moved = stand(-3, key="2")
    pairs, alone, left = pair([moved, stand(-2, key="3")], [stored(-9, own_id=1, key="2")], by_key=True)
    assert (ids(pairs), alone, left) == ([(moved, 1)], [stand(-2, key="3")], [])


def test_what_is_up_to_date_is_left_alone() -> None:
    assert done([stand(-9, 4)], [stored(-9, 4)]) == []
    assert done([stand(-9, -4)], [stored(-9, -4, ended=-4, why=EndedWhy.LAPSED)]) == []
    assert done([stand(-9, -4, revoked=True)], [stored(-9, 8, ended=-4, why=EndedWhy.REVOKED)]) == []
    assert done([], [stored(-9, 3, ended=-4, why=EndedWhy.UNSUPPORTED)]) == []


@pytest.mark.parametrize(
    ("stands", "awards", "expected"),
    [
        pytest.param([stand(-1)], [], (0, AwardChange.GRANTED, True), id="new"),
        pytest.param([stand(-60)], [], (0, AwardChange.GRANTED, False), id="new, of long ago"),
        pytest.param([stand(-9, -4)], [], (0, AwardChange.GRANTED, False), id="over already"),
        pytest.param([stand(-9, 6)], [stored(-9, 4)], (5, AwardChange.RENEWED, False), id="renewed"),
        pytest.param([stand(-9, 2)], [stored(-9, 4)], (5, AwardChange.CORRECTED, False), id="shortened"),
        pytest.param([stand(-8, 6)], [stored(-9, 4)], (5, AwardChange.CORRECTED, False), id="moved"),
        pytest.param([stand(-9, -1)], [stored(-9, -1)], (5, AwardChange.ENDED, True), id="its time came"),
        pytest.param(
            [stand(-9, -1)], [stored(-9, 4)], (5, AwardChange.ENDED, False), id="corrected to be over"
        ),
        pytest.param([], [stored(-9, 4)], (5, AwardChange.ENDED, True), id="no longer supported"),
        pytest.param(
            [stand(-9)],
            [stored(-9, ended=-4, why="revoked")],
            (5, AwardChange.CORRECTED, False),
            id="revocation lifted",
        ),
    ],
)
def test_what_is_done_and_whether_it_is_told(
    stands: list[Stand], awards: list[Stored], expected: tuple[int, str, bool]
) -> None:
    assert done(stands, awards) == [expected]


def test_quietly_tells_nobody() -> None:
    quiet = Orders(badge=BADGE, at=NOW, rule_version=2, quietly=True)
    assert done([stand(-1)], [], quiet) == [(0, AwardChange.GRANTED, False)]
    assert done([], [stored(-9)], quiet) == [(5, AwardChange.ENDED, False)]


def test_an_end_says_why() -> None:
    def end(awards: list[Stored], orders: Orders = ORDERS) -> list[Change]:
        return settle(orders, [], awards)

    [lapsed], [unsupported] = end([stored(-9, -1)]), end([stored(-9, 4)])
    assert (lapsed.award.ended, lapsed.award.why) == (NOW - DAY, EndedWhy.LAPSED)
    assert (unsupported.award.ended, unsupported.award.why) == (NOW, EndedWhy.UNSUPPORTED)
    [expired] = end([stored(-9, -1)], Orders(badge=BADGE, at=NOW, rule_version=2))
    assert expired.award.why == EndedWhy.EXPIRED
