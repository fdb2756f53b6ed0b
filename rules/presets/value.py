from rules.presets.parts import Preset, Theme, average, count, expires, of, rule, total

VERIFIED = of("improvement.verified", "project.verified")
FEEDBACK = of("feedback.received")


def saved(level: str, amount: int, after: str = "") -> Preset:
    return Preset(
        slug=f"savings-{level}",
        name=f"Verified Savings {level.capitalize()}",
        description=f"Savings of {amount:,} in all, verified by somebody else.",
        criteria=f"Reach {amount:,} in verified savings.",
        kind="honour",
        emblem=f"savings-{level}",
        definition=rule(total(amount, VERIFIED)),
        supersedes=after,
    )


SAVINGS = Theme(
    "savings",
    "Verified savings",
    "Amounts are in the currency of your record; change them to what is much with you",
    [
        saved("bronze", 1_000),
        saved("silver", 10_000, "savings-bronze"),
        saved("gold", 100_000, "savings-silver"),
        Preset(
            slug="impact-maker",
            name="Impact Maker",
            description="Improvements that save 10,000 a year, verified by somebody else.",
            criteria="Reach verified savings of 10,000 a year in all, by improvements.",
            kind="honour",
            emblem="impact-maker",
            definition=rule(total(10_000, of("improvement.verified"))),
        ),
        Preset(
            slug="big-find",
            name="Big Find",
            description="One idea that saves 5,000 a year, verified by somebody else.",
            criteria="Have a saving of at least 5,000 a year verified, by one improvement.",
            kind="step",
            emblem="big-find",
            definition=rule(count(1, of("improvement.verified", min_value=5_000))),
        ),
        Preset(
            slug="strong-year",
            name="Strong Year",
            description="25,000 verified in one calendar year; earned anew each year.",
            criteria="Reach 25,000 in verified savings in one year.",
            kind="honour",
            emblem="strong-year",
            definition=rule(total(25_000, VERIFIED, per="year"), repeatable=True),
        ),
    ],
)
CUSTOMERS = Theme(
    "customers",
    "The customer’s voice",
    "What patients, customers and guests say; scores run from 1 to 5",
    [
        Preset(
            slug="patient-voice",
            name="Patient Voice",
            description="Twenty answers within three months, and 4.5 on average.",
            criteria="Reach an average score of 4.5 over at least 20 answers within 3 months.",
            kind="honour",
            emblem="patient-voice",
            definition=rule(average(4.5, 20, "3 months", FEEDBACK), expires("3 months")),
        ),
        Preset(
            slug="customer-favourite",
            name="Customers’ Favourite",
            description="Fifty answers within a year, and 4.8 on average.",
            criteria="Reach an average score of 4.8 over at least 50 answers within a year.",
            kind="honour",
            emblem="customer-favourite",
            definition=rule(average(4.8, 50, "1 year", FEEDBACK), expires("1 year")),
            supersedes="patient-voice",
        ),
        Preset(
            slug="top-marks",
            name="Top Marks",
            description="Given again for every ten answers with the best score.",
            criteria="Receive the score 5 ten times, and again ten times.",
            kind="step",
            emblem="top-marks",
            definition=rule(count(10, of("feedback.received", min_value=5)), repeatable=True),
        ),
        Preset(
            slug="kind-words",
            name="Kind Words",
            description="Five compliments, written down by those who meant them.",
            criteria="Receive 5 compliments.",
            kind="step",
            emblem="kind-words",
            definition=rule(count(5, of("compliment.received"))),
        ),
    ],
)
