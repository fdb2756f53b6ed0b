from rules.presets.parts import (
    Preset,
    Theme,
    all_of,
    average,
    count,
    course,
    expires,
    kept_up,
    of,
    rule,
    streak,
)

OBSERVED = of("safety_observation.reported")
OBSERVED_DAILY = of("safety_observation.reported", per_day=3)
WALKS = of("waste_walk.completed")
WALKS_LED = of("waste_walk.completed", roles=["leader"])
AUDITS = of("audit.completed", attributes={"standard": ["5S"]})
AUDITED = of("audit.received", attributes={"standard": ["5S"]})
WASTES = ["transport", "inventory", "motion", "waiting", "overproduction", "overprocessing", "defects"]

SAFETY = Theme(
    "safety",
    "Safety",
    "Seen, said, and put right before somebody is hurt",
    [
        Preset(
            slug="safety-spotter",
            name="Safety Spotter",
            description="Saw something unsafe and said so.",
            criteria="Report your first safety observation.",
            kind="step",
            emblem="safety-spotter",
            definition=rule(count(1, OBSERVED)),
        ),
        Preset(
            slug="safety-eye",
            name="Safety Eye",
            description="Twenty-five observations, no more than three a day counted.",
            criteria="Report 25 safety observations; at most 3 a day count.",
            kind="step",
            emblem="safety-eye",
            definition=rule(count(25, OBSERVED_DAILY)),
            supersedes="safety-spotter",
        ),
        Preset(
            slug="safety-guardian",
            name="Safety Guardian",
            description="A hundred observations, no more than three a day counted.",
            criteria="Report 100 safety observations; at most 3 a day count.",
            kind="step",
            emblem="safety-guardian",
            definition=rule(count(100, OBSERVED_DAILY)),
            supersedes="safety-eye",
        ),
        Preset(
            slug="always-watchful",
            name="Always Watchful",
            description="Two observations in each of six months.",
            criteria="Report 2 safety observations in each of 6 months in a row.",
            kind="habit",
            emblem="always-watchful",
            definition=rule(streak(6, "month", OBSERVED, each=2)),
        ),
        Preset(
            slug="near-miss-reporter",
            name="Near-Miss Reporter",
            description="Said what almost happened, so that it never does.",
            criteria="Report 3 near misses.",
            kind="step",
            emblem="near-miss-reporter",
            definition=rule(count(3, of("near_miss.reported"))),
        ),
        Preset(
            slug="hazard-remover",
            name="Hazard Remover",
            description="Five hazards not only seen but gone.",
            criteria="Remove 5 hazards.",
            kind="step",
            emblem="hazard-remover",
            definition=rule(count(5, of("hazard.removed"))),
        ),
    ],
)
WASTE = Theme(
    "waste",
    "Waste walks",
    "Going to see, and taking away what nobody needs",
    [
        Preset(
            slug="waste-walker",
            name="Waste Walker",
            description="Three walks through the workplace, looking for waste.",
            criteria="Complete 3 waste walks.",
            kind="step",
            emblem="waste-walker",
            definition=rule(count(3, WALKS)),
        ),
        Preset(
            slug="walk-leader",
            name="Walk Leader",
            description="Ten walks led, and others along.",
            criteria="Lead 10 waste walks.",
            kind="step",
            emblem="walk-leader",
            definition=rule(count(10, WALKS_LED)),
            supersedes="waste-walker",
        ),
        Preset(
            slug="on-the-floor",
            name="On the Floor",
            description="Goes to see, and never stays away for two weeks.",
            criteria="Complete a waste walk, and let no 2 weeks go by without the next.",
            kind="habit",
            emblem="on-the-floor",
            definition=rule(count(1, WALKS), kept_up(1, "2 weeks")),
        ),
        Preset(
            slug="seven-wastes",
            name="Seven Wastes",
            description="One waste of each sort found and taken away.",
            criteria="Remove at least one waste of each of the seven sorts.",
            kind="habit",
            emblem="seven-wastes",
            definition=rule(
                all_of(*(count(1, of("waste.removed", attributes={"sort": [sort]})) for sort in WASTES))
            ),
        ),
    ],
)
FIVE_S = Theme(
    "5s",
    "5S",
    "A place for everything, and audits that say so",
    [
        Preset(
            slug="5s-practitioner",
            name="5S Practitioner",
            description="Knows the five steps, and has audited by them.",
            criteria="Complete the 5S training and 3 audits.",
            kind="training",
            emblem="5s-practitioner",
            definition=rule(all_of(count(1, course("5S")), count(3, AUDITS))),
        ),
        Preset(
            slug="5s-auditor",
            name="5S Auditor",
            description="Twenty-five audits done.",
            criteria="Complete 25 audits by the 5S standard.",
            kind="step",
            emblem="5s-auditor",
            definition=rule(count(25, AUDITS)),
        ),
        Preset(
            slug="5s-keeper",
            name="5S Keeper",
            description="Audits twice a month, and keeps it up.",
            criteria="Complete 2 audits by the 5S standard within a month, and go on so.",
            kind="habit",
            emblem="5s-keeper",
            definition=rule(count(2, AUDITS, within="1 month"), kept_up(2, "1 month")),
        ),
        Preset(
            slug="5s-showplace",
            name="5S Showplace",
            description="Their area scores ninety or more, audit after audit.",
            criteria="Reach an average of 90 over at least 4 audits within 6 months.",
            kind="honour",
            emblem="5s-showplace",
            definition=rule(average(90, 4, "6 months", AUDITED), expires("6 months")),
        ),
    ],
)
