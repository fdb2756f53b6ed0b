import unicodedata
from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from people.models import Location, Person

MOST_WORDS = 8
LAST_CHARACTER = "\U0010ffff"


def folded(text: str) -> str:
    """Lower case without accents: what search compares."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


def stands_in(text: str, said: str) -> bool:
    """Whether every word of the text does, whatever case and accents."""
    said = folded(said)
    return all(word in said for word in folded(text).split())


class LocationQuerySet(models.QuerySet["Location"]):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id)

    def within(self, location: "Location") -> Self:
        """The location and everything below it, by today's tree."""
        return self.filter(pk__in=location.subtree_ids())


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, person: "Person") -> Self:
        """Colleagues of the same organization, each once: whose record was merged into another is not found."""
        return self.filter(organization=person.organization_id, merged_into=None)

    def records_of(self, *people: "Person") -> Self:
        """These people's records: the ones that are kept, and those that were merged into them."""
        pks = [person.pk for person in people]
        return self.filter(models.Q(pk__in=pks) | models.Q(merged_into__in=pks))

    def active(self) -> Self:
        return self.filter(left_on=None)

    def search(self, text: str) -> Self:
        """Every word of the text begins a word of the name, title or address."""
        people = self
        known: Any = self.model._meta.get_field("words").related_model
        for word in folded(text.replace("\0", " ")).split()[:MOST_WORDS]:
            alike = known.objects.filter(word__gte=word, word__lt=word + LAST_CHARACTER)
            people = people.filter(pk__in=alike.values("person"))
        return people
