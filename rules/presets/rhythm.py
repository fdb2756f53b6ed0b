from rules.presets.parts import (
    IMPLEMENTED,
    SATISFIED,
    SUBMITTED,
    Preset,
    Theme,
    count,
    kept_up,
    rule,
    streak,
)


def in_a_row(length: int, per: str, name: str, description: str, after: str = "") -> Preset:
    return Preset(
        slug=f"{length}-{per}s-in-a-row",
        name=name,
        description=description,
        criteria=f"Submit an improvement in each of {length} {per}s in a row.",
        kind="habit",
        emblem=f"{length}-{per}s-in-a-row",
        definition=rule(streak(length, per, SUBMITTED)),
        supersedes=after,
    )


BURSTS = Theme(
    "bursts",
    "Bursts",
    "Much in a short time",
    [
        Preset(
            slug="kaizen-burst",
            name="Kaizen Burst",
            description="Three improvements within seven days.",
            criteria="Submit at least 3 improvements within 7 days.",
            kind="habit",
            emblem="kaizen-burst",
            definition=rule(count(3, SUBMITTED, within="7 days")),
        ),
        Preset(
            slug="idea-storm",
            name="Idea Storm",
            description="Ten improvements within thirty days.",
            criteria="Submit at least 10 improvements within 30 days.",
            kind="habit",
            emblem="idea-storm",
            definition=rule(count(10, SUBMITTED, within="30 days")),
        ),
        Preset(
            slug="five-in-a-month",
            name="Five in a Month",
            description="Five improvements in one calendar month; earned anew each month.",
            criteria="Submit 5 improvements in one month.",
            kind="habit",
            emblem="five-in-a-month",
            definition=rule(count(5, SUBMITTED, per="month"), repeatable=True),
        ),
        Preset(
            slug="finishing-sprint",
            name="Finishing Sprint",
            description="Three improvements brought home within a month.",
            criteria="Have 3 improvements implemented within a month.",
            kind="habit",
            emblem="finishing-sprint",
            definition=rule(count(3, IMPLEMENTED, within="1 month")),
        ),
    ],
)
STREAKS = Theme(
    "streaks",
    "Weeks and months in a row",
    "A rhythm that is kept",
    [
        Preset(
            slug="1-improvement-per-month",
            name="1 Improvement per Month",
            description="An idea a month, kept up.",
            criteria="Submit an improvement, and never let a month go by without the next.",
            kind="habit",
            emblem="monthly-rhythm",
            definition=rule(count(1, SUBMITTED), kept_up(1, "1 month")),
        ),
        Preset(
            slug="weekly-rhythm",
            name="Weekly Rhythm",
            description="Four weeks in a row with an idea, and held as long as the weeks go on.",
            criteria="Submit an improvement in each of 4 weeks in a row, then one in every further week.",
            kind="habit",
            emblem="weekly-rhythm",
            definition=rule(streak(4, "week", SUBMITTED), SATISFIED),
        ),
        in_a_row(4, "week", "Four Weeks in a Row", "An idea in each of four weeks."),
        in_a_row(
            12, "week", "Twelve Weeks in a Row", "A quarter of a year without a week off.", "4-weeks-in-a-row"
        ),
        in_a_row(52, "week", "A Year of Weeks", "Fifty-two weeks, each with an idea.", "12-weeks-in-a-row"),
        in_a_row(3, "month", "Three Months in a Row", "An idea in each of three months."),
        in_a_row(
            6,
            "month",
            "Six Months in a Row",
            "Half a year, and no month without an idea.",
            "3-months-in-a-row",
        ),
        in_a_row(
            12, "month", "Twelve Months in a Row", "A whole year, month after month.", "6-months-in-a-row"
        ),
        Preset(
            slug="four-seasons",
            name="Four Seasons",
            description="Something put into practice in every quarter of a year; earned anew with the next four.",
            criteria="Have an improvement implemented in each of 4 quarters in a row.",
            kind="habit",
            emblem="four-seasons",
            definition=rule(streak(4, "quarter", IMPLEMENTED), repeatable=True),
        ),
    ],
)
