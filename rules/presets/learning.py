from rules.presets.parts import (
    EVENTS,
    IMPLEMENTED,
    LED,
    TRAININGS,
    Json,
    Preset,
    Theme,
    all_of,
    count,
    course,
    expires,
    holds,
    of,
    rule,
    total,
)


def belt(colour: str, description: str, criteria: str, criterion: Json, after: str = "") -> Preset:
    slug = f"{colour.lower().replace(' ', '-')}-belt"
    return Preset(
        slug=slug,
        name=f"{colour} Belt",
        description=description,
        criteria=criteria,
        kind="training",
        emblem=slug,
        mode="both",
        definition=rule(criterion),
        supersedes=after,
    )


def certificate(slug: str, name: str, years: int, description: str, training: str) -> Preset:
    after = f"{years} year{'s' if years > 1 else ''}"
    return Preset(
        slug=slug,
        name=name,
        description=description,
        criteria=f"Complete the training “{training}”. Valid for {after}.",
        kind="training",
        emblem=slug,
        mode="both",
        ends_after=after,
        definition=rule(count(1, course(training)), expires(after)),
    )


CLASSROOM = Theme(
    "classroom",
    "Events and classes",
    "Took part, learned, taught",
    [
        Preset(
            slug="event-regular",
            name="Event Regular",
            description="Five improvement events, each with sleeves rolled up.",
            criteria="Attend 5 improvement events.",
            kind="step",
            emblem="event-regular",
            definition=rule(count(5, EVENTS)),
            supersedes="first-event",
        ),
        Preset(
            slug="keen-learner",
            name="Keen Learner",
            description="Five trainings within a year.",
            criteria="Complete 5 trainings within a year.",
            kind="training",
            emblem="keen-learner",
            definition=rule(count(5, TRAININGS, within="1 year"), expires("1 year")),
        ),
        Preset(
            slug="forty-hours",
            name="Forty Hours",
            description="Forty hours of training in one calendar year; earned anew each year.",
            criteria="Reach 40 hours of training in one year.",
            kind="training",
            emblem="forty-hours",
            definition=rule(total(40, TRAININGS, per="year"), repeatable=True),
        ),
        Preset(
            slug="teacher",
            name="Teacher",
            description="Stood in front of three classes and passed on what they know.",
            criteria="Teach 3 classes.",
            kind="honour",
            emblem="teacher",
            definition=rule(count(3, of("class.taught"))),
        ),
    ],
)
BELTS = Theme(
    "belts",
    "Belts",
    "Each one needs the one before",
    [
        belt(
            "White",
            "Knows what improvement means, and the words for it.",
            "Complete the White Belt training.",
            count(1, course("White Belt")),
        ),
        belt(
            "Yellow",
            "Trained, and the first improvement made real.",
            "Hold the White Belt, complete the Yellow Belt training and have an improvement implemented.",
            all_of(holds(1, "white-belt"), count(1, course("Yellow Belt")), count(1, IMPLEMENTED)),
            "white-belt",
        ),
        belt(
            "Green",
            "Trained, and a project led to its end.",
            "Hold the Yellow Belt, complete the Green Belt training and lead a project to its end.",
            all_of(holds(1, "yellow-belt"), count(1, course("Green Belt")), count(1, LED)),
            "yellow-belt",
        ),
        belt(
            "Black",
            "Trained, and three projects led to their end.",
            "Hold the Green Belt, complete the Black Belt training and lead 3 projects to their end.",
            all_of(holds(1, "green-belt"), count(1, course("Black Belt")), count(3, LED)),
            "green-belt",
        ),
        belt(
            "Master Black",
            "A Black Belt whom others have learned from.",
            "Hold the Black Belt and coach 10 people.",
            all_of(holds(1, "black-belt"), count(10, of("person.coached"))),
            "black-belt",
        ),
    ],
)
CERTIFICATES = Theme(
    "certificates",
    "Certificates",
    "Valid for a year or for three, renewed by learning anew",
    [
        Preset(
            slug="hipaa-certified",
            name="HIPAA Certified",
            description="Trained in protecting patients’ data within the last year.",
            criteria="Complete the HIPAA training and pass its test.",
            kind="training",
            emblem="hipaa-certified",
            mode="hand",
            ends_after="1 year",
        ),
        certificate(
            "data-protection", "Data Protection", 1, "Handles what is private with care.", "Data Protection"
        ),
        certificate("safety-briefing", "Safety Briefing", 1, "Knows this year’s rules.", "Safety Briefing"),
        certificate("hygiene", "Hygiene", 1, "Keeps clean what must be clean.", "Hygiene"),
        Preset(
            slug="fire-warden",
            name="Fire Warden",
            description="Knows the way out, and sees that others do.",
            criteria="Complete the fire warden training.",
            kind="training",
            emblem="fire-warden",
            mode="hand",
            ends_after="3 years",
        ),
        certificate("first-aider", "First Aider", 3, "Knows what to do until help comes.", "First Aid"),
        certificate(
            "forklift-driver", "Forklift Driver", 3, "Lifts safely, and stacks straight.", "Forklift"
        ),
        certificate(
            "internal-auditor", "Internal Auditor", 3, "Asks well and listens better.", "Internal Audit"
        ),
    ],
)
