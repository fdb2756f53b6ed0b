from rules.presets.parts import (
    EVENTS,
    IMPLEMENTED,
    PROJECTS,
    SUBMITTED,
    TRAININGS,
    Preset,
    Theme,
    all_of,
    count,
    rule,
)

THEME = Theme(
    "welcome",
    "First steps",
    "What somebody does for the first time",
    [
        Preset(
            slug="first-improvement",
            name="Submitted First Improvement",
            description="The first idea handed in. Everything after it is easier.",
            criteria="Submit your first improvement.",
            kind="step",
            emblem="first-improvement",
            definition=rule(count(1, SUBMITTED)),
        ),
        Preset(
            slug="first-implemented",
            name="First Improvement Implemented",
            description="An idea that became the way we work.",
            criteria="Have your first improvement implemented.",
            kind="step",
            emblem="first-implemented",
            definition=rule(count(1, IMPLEMENTED)),
        ),
        Preset(
            slug="first-project",
            name="First Project",
            description="A project seen through to its end, in any role.",
            criteria="Complete a project as its leader or on its team.",
            kind="step",
            emblem="first-project",
            definition=rule(count(1, PROJECTS)),
        ),
        Preset(
            slug="first-event",
            name="First Kaizen Event",
            description="Took part in an improvement event for the first time.",
            criteria="Attend an improvement event.",
            kind="step",
            emblem="first-event",
            definition=rule(count(1, EVENTS)),
        ),
        Preset(
            slug="good-start",
            name="Good Start",
            description="Learned, joined in and had an idea, all within ninety days.",
            criteria="Complete a training, attend an event and submit an improvement within 90 days.",
            kind="step",
            emblem="good-start",
            definition=rule(
                all_of(count(1, TRAININGS), count(1, EVENTS), count(1, SUBMITTED), within="90 days")
            ),
        ),
    ],
)
