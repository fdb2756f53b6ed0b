"""Whom somebody may mean while they write a name, in fields that name people."""

from collections import Counter
from typing import NamedTuple

from people.models import Person
from people.querysets import LAST_CHARACTER, folded

SHOWN = 8
LOOKED_AT = 40  # by name, so that namesakes of those who are shown are among them
SHORTEST, LONGEST = 2, 100
# What makes a field suggest people where scripts run (static/js/people.js); without, it is a plain one.
NAMES_ONE = {"data-people": "one", "autocomplete": "off"}
NAMES_SEVERAL = {"data-people": "several", "autocomplete": "off"}


class Suggestion(NamedTuple):
    """Somebody, and what to write so that a form knows whom is meant."""

    person: Person
    written: str


def suggestions(reader: Person, text: str) -> list[Suggestion]:
    """Colleagues who are here, whose staff number begins so, or whose name, address or title has words that do.

    Those whom the name alone brings come before the others.
    """
    text = text.replace("\0", " ").strip()[:LONGEST]
    if len(text) < SHORTEST:
        return []
    colleagues = Person.objects.visible_to(reader).active().select_related("location")
    numbered = colleagues.filter(external_id__gte=text, external_id__lt=text + LAST_CHARACTER)
    known = {person.pk: person for person in numbered.order_by("external_id")[:SHOWN]}
    known |= {person.pk: person for person in colleagues.search(text).order_by("folded", "pk")[:LOOKED_AT]}
    words = folded(text).split()
    known = dict(sorted(known.items(), key=lambda item: not _is_named(item[1], words)))
    names = Counter(folded(person.name) for person in known.values())
    return [Suggestion(one, _written(one, names[folded(one.name)])) for one in [*known.values()][:SHOWN]]


def _is_named(person: Person, words: list[str]) -> bool:
    parts = folded(person.name).split()
    return all(any(part.startswith(word) for part in parts) for word in words)


def _written(person: Person, namesakes: int) -> str:
    """The name, unless a namesake or what parts names in a list would mislead."""
    plain = namesakes == 1 and not {",", ";"} & set(person.name)
    return " ".join(person.name.split()) if plain else person.email or person.external_id
