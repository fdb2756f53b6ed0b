from rules.presets.parts import (
    EVENTS,
    IMPLEMENTED,
    PROJECTS,
    SATISFIED,
    SUBMITTED,
    TRAININGS,
    Preset,
    Theme,
    all_of,
    count,
    enough_of,
    expires,
    holds,
    of,
    rule,
)

EVERYTHING = [count(1, select) for select in (SUBMITTED, IMPLEMENTED, TRAININGS, EVENTS, PROJECTS)]

THEME = Theme(
    "all-round",
    "All-rounders",
    "Many different things instead of much of one",
    [
        Preset(
            slug="triathlete",
            name="Improvement Triathlete",
            description="Three different ways of improving within three months.",
            criteria="Do any 3 of these within 3 months: submit an improvement, have one implemented, complete a "
            "training, attend an event, complete a project.",
            kind="habit",
            emblem="triathlete",
            definition=rule(enough_of(3, *EVERYTHING, within="3 months")),
        ),
        Preset(
            slug="all-rounder",
            name="All-Rounder",
            description="Ideas, results, learning, events and projects, all within a year.",
            criteria="Within a year: submit an improvement, have one implemented, complete a training, attend an "
            "event and complete a project.",
            kind="habit",
            emblem="all-rounder",
            definition=rule(all_of(*EVERYTHING, within="1 year"), expires("1 year")),
            supersedes="triathlete",
        ),
        Preset(
            slug="bridge-builder",
            name="Bridge Builder",
            description="Helps to bring home what others started.",
            criteria="Be on the team of 5 improvements that were implemented.",
            kind="habit",
            emblem="bridge-builder",
            definition=rule(count(5, of("improvement.implemented", roles=["team_member"]))),
        ),
        Preset(
            slug="full-circle",
            name="Full Circle",
            description="All four first steps taken.",
            criteria="Hold all four badges for first steps.",
            kind="honour",
            emblem="full-circle",
            definition=rule(
                holds(4, "first-improvement", "first-implemented", "first-project", "first-event"), SATISFIED
            ),
        ),
    ],
)
