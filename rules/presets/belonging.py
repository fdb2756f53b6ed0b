from rules.presets.parts import SUBMITTED, Json, Preset, Theme, count, of, rule

WORDS = {1: "One Year", 3: "Three Years", 5: "Five Years", 10: "Ten Years", 20: "Twenty Years"}


def years(number: int, description: str, after: str = "") -> Preset:
    slug = f"{number}-year{'s' if number > 1 else ''}"
    return Preset(
        slug=slug,
        name=f"{WORDS[number]} with Us",
        description=description,
        criteria=f"Be here for {slug.replace('-', ' ')}.",
        kind="honour",
        emblem=slug,
        definition=rule({"type": "tenure", "of": slug.replace("-", " ")}),
        supersedes=after,
    )


def campaign(slug: str, name: str, description: str, criteria: str, criterion: Json, days: Json) -> Preset:
    return Preset(
        slug=slug,
        name=name,
        description=description,
        criteria=criteria,
        kind="step",
        emblem=slug,
        definition=rule(criterion, counts=days),
    )


def days(first: str, after_last: str) -> Json:
    return {"from": f"{first}T00:00:00Z", "until": f"{after_last}T00:00:00Z"}


TENURE = Theme(
    "tenure",
    "Years with us",
    "Reckoned from the day on which somebody joined",
    [
        years(1, "The first year."),
        years(3, "Three years, and part of the place.", "1-year"),
        years(5, "Five years of knowing how things are done.", "3-years"),
        years(10, "Ten years, and a good many changes.", "5-years"),
        years(20, "Twenty years. Ask them.", "10-years"),
        Preset(
            slug="founding-team",
            name="Founding Team",
            description="Was there when improving began here.",
            criteria="Named by those who were there too.",
            kind="step",
            emblem="founding-team",
            mode="hand",
        ),
    ],
)
CAMPAIGNS = Theme(
    "campaigns",
    "Campaigns",
    "Only what is done on their days counts; change the days to your own",
    [
        campaign(
            "spring-clean",
            "Spring Clean 2027",
            "Three wastes taken away in April.",
            "Remove 3 wastes in April 2027.",
            count(3, of("waste.removed")),
            days("2027-04-01", "2027-05-01"),
        ),
        campaign(
            "summer-of-safety",
            "Summer of Safety 2027",
            "Five safety observations from June to August.",
            "Report 5 safety observations from June to August 2027.",
            count(5, of("safety_observation.reported")),
            days("2027-06-01", "2027-09-01"),
        ),
        campaign(
            "idea-month",
            "Idea Month 2027",
            "Three ideas in October.",
            "Submit 3 improvements in October 2027.",
            count(3, SUBMITTED),
            days("2027-10-01", "2027-11-01"),
        ),
    ],
)
