"""Where the rule form says what is wrong: beside the field that a place in the JSON is written by."""

import re

from rules.drafts import Part

# Where in the JSON something is wrong → the field that says so: of a condition, and of the rule.
PART_FIELDS = {
    "select.kinds": "kinds",
    "select.roles": "roles",
    "select.attributes": "attributes",
    "select.min_value": "min_value",
    "select.location": "location",
    "select.per_day": "per_day",
    "within": "within_number",
    "per": "per",
    "over": "over",
    "each": "each",
    "length": "length",
    "of": "of_number",
    "badges": "badges",
    "k": "k",
}
RULE_FIELDS = {
    "retention.after": "ends_number",
    "retention.grace": "grace_number",
    "retention.within": "while_number",
    "retention.at_least": "while_at_least",
    "retention": "retention",
    "for.locations": "for_locations",
    "for.titles": "for_titles",
    "for.joined_from": "joined_from",
    "counts.from": "counts_from",
    "counts": "counts_until",
}
# What contradicts another part is told at the part that has to give way, in the form's own words.
CONTRADICTIONS = {
    "“while” is not for": (
        "retention",
        "Time here and held badges do not go on by themselves: choose another way to keep it, or add a condition"
        " that counts.",
    ),
    "“while” needs": ("own", "More than one thing counts, so say here which of them keeps it."),
    "“satisfied” is": (
        "retention",
        "Only a run of periods and held badges can be met for a time: choose another way to keep it.",
    ),
    "Only a count or sum": (
        "again",
        "Only a count or sum per period, a count in all and a run of periods can be earned again and again.",
    ),
    "What is repeatable": (
        "again",
        "What is earned again and again is kept for good, or ends after a time.",
    ),
}


def contradicted(message: str) -> tuple[str, str] | None:
    """The field that has to give way, and what it is told there."""
    return next((told for start, told in CONTRADICTIONS.items() if message.startswith(start)), None)


def field_of_rule(path: str) -> str | None:
    if path.startswith("retention.select"):
        return "own"
    return next((name for start, name in RULE_FIELDS.items() if path.startswith(start)), None)


def part_at(root: Part, path: str) -> tuple[Part, str]:
    """The condition that a path leads to, and the rest of the path."""
    part, rest = root, path.removeprefix("criterion")
    while found := re.match(r"\.parts\[(\d+)\]", rest):
        part, rest = part.parts[int(found[1])], rest[found.end() :]
    return part, rest.lstrip(".")


def field_of_part(part: Part, rest: str) -> str:
    sort = part.values.get("type")
    if rest.startswith("within") and part.is_group:
        return "together_number"
    if rest.startswith("at_least") or not rest:
        return {"sum": "total", "average": "average", "holds": "held", "at_least": "k"}.get(
            str(sort), "at_least" if sort == "count" else "type"
        )
    return next((name for path, name in PART_FIELDS.items() if rest.startswith(path)), "type")
