"""What is wrong with a rule, and where, in the words of the form that makes one."""

import re

from rules.criteria import Invalid


def mistake(invalid: Invalid) -> str:
    """Where it is, in words and as the text says it, and what is wrong there."""
    if not invalid.path:
        return invalid.message
    return f"{_place(invalid.path)} ({invalid.path}): {invalid.message}"


def _place(path: str) -> str:
    """ "Condition 2.1, kinds of activity", as the form numbers conditions and calls what belongs to them."""
    steps = re.match(r"criterion((?:\.parts\[\d+\])*)(?:\.|$)", path)
    if steps:
        number = ".".join(str(int(step) + 1) for step in re.findall(r"\d+", steps[1]))
        whole, rest = f"Condition {number}" if number else "The condition", path[steps.end() :]
    else:
        head, _, rest = path.partition(".")
        whole = PLACES.get(head, f"“{head}”")
    inner = rest.removeprefix("select.")
    said = DETAILS.get(re.sub(r"\[\d+\].*", "", inner), f"“{inner}”")
    return f"{whole}, {said}" if rest else whole


PLACES = {
    "retention": "How long it is kept",
    "repeatable": "Earned again and again",
    "for": "For whom",
    "counts": "From when",
    "id": "The short name",
    "version": "The version",
}
DETAILS = {
    "type": "what sort it is",
    "select": "what counts",
    "kinds": "kinds of activity",
    "roles": "roles",
    "min_value": "the least value",
    "location": "the place",
    "per_day": "the most a day",
    "at_least": "how many at least",
    "within": "within how long",
    "per": "the period",
    "over": "over how many",
    "length": "how many periods in a row",
    "each": "how many in each",
    "of": "how long",
    "badges": "the badges",
    "parts": "its conditions",
    "k": "how many of them",
    "after": "after how long it ends",
    "grace": "the grace",
    "locations": "the places",
    "titles": "the titles",
    "joined_from": "who joined from a day on",
    "from": "the beginning",
    "until": "the end",
}
