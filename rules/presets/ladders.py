from rules.presets.parts import IMPLEMENTED, SUBMITTED, Preset, Theme, count, rule

WORDS = {5: "Five", 10: "Ten", 25: "Twenty-five", 50: "Fifty", 100: "A hundred"}


def submitted(number: int, after: str, praise: str) -> Preset:
    return Preset(
        slug=f"{number}-improvements",
        name=f"{number} Improvements",
        description=f"{WORDS[number]} ideas handed in. {praise}",
        criteria=f"Submit {number} improvements.",
        kind="step",
        emblem=f"{number}-improvements",
        definition=rule(count(number, SUBMITTED)),
        supersedes=after,
    )


def implemented(number: int, slug: str, name: str, after: str) -> Preset:
    return Preset(
        slug=slug,
        name=name,
        description=f"{WORDS[number]} improvements put into practice.",
        criteria=f"Have {number} of your improvements implemented.",
        kind="habit",
        emblem=slug,
        definition=rule(count(number, IMPLEMENTED)),
        supersedes=after,
    )


IDEAS = Theme(
    "ideas",
    "Ideas, rung by rung",
    "Each badge takes the place of the one below it",
    [
        submitted(5, "first-improvement", "The eye is trained."),
        submitted(10, "5-improvements", "Nobody needs to ask any more."),
        submitted(25, "10-improvements", "A habit that others notice."),
        submitted(50, "25-improvements", "Half a hundred things that bothered somebody."),
        submitted(100, "50-improvements", "Work looks different because of them."),
        Preset(
            slug="every-25",
            name="Twenty-five More",
            description="Given again for every twenty-five ideas, so that the count goes on.",
            criteria="Submit 25 improvements, and again 25.",
            kind="step",
            emblem="every-25",
            definition=rule(count(25, SUBMITTED), repeatable=True),
        ),
    ],
)
RESULTS = Theme(
    "results",
    "Results, rung by rung",
    "What was put into practice; each badge takes the place of the one below it",
    [
        implemented(5, "problem-solver-1", "Problem Solver I", "first-implemented"),
        implemented(10, "problem-solver-2", "Problem Solver II", "problem-solver-1"),
        implemented(25, "problem-solver-3", "Problem Solver III", "problem-solver-2"),
        implemented(50, "master-problem-solver", "Master Problem Solver", "problem-solver-3"),
        implemented(100, "problem-solving-legend", "Problem-Solving Legend", "master-problem-solver"),
    ],
)
