"""What can be read off the name of a kind, which is English: `improvement.submitted` is "submitted", "improvements"."""

from django.utils.translation import get_language

UNUSUAL_PLURALS = {"feedback": "pieces of feedback", "person": "people"}
UNUSUAL_SINGULARS = {"feedback": "piece of feedback"}
PARTICIPLES = {
    "led",
    "held",
    "given",
    "taken",
    "won",
    "made",
    "done",
    "taught",
    "written",
    "run",
    "read",
    "met",
}
INFINITIVES = {
    "attended": "attend",
    "coached": "coach",
    "completed": "complete",
    "facilitated": "facilitate",
    "implemented": "implement",
    "received": "receive",
    "removed": "remove",
    "reported": "report",
    "started": "start",
    "submitted": "submit",
    "taught": "teach",
    "verified": "verify",
}


def can_be_read(kind: str) -> bool:
    """In a sentence that is English as well."""
    return bool(verb(kind)) and (get_language() or "en").startswith("en")


def verb(kind: str) -> str:
    last = kind.split(".")[-1].replace("_", " ")
    return last if "." in kind and (last.endswith("ed") or last in PARTICIPLES) else ""


def infinitive(kind: str) -> str:
    """ "submit"; "" of a verb that is not known."""
    return INFINITIVES.get(verb(kind), "")


def noun(kind: str, n: int) -> str:
    name = kind.split(".")[-2].replace("_", " ")
    if n == 1:
        return UNUSUAL_SINGULARS.get(name, name)
    if name in UNUSUAL_PLURALS:
        return UNUSUAL_PLURALS[name]
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")
