import re
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from activity.models import Activity, ItemNews, WorkItem  # noqa: F401
    from people.models import Person

NUMBER = re.compile(r"(?:(?:IMP|PRJ|TSK|EVT)-)?([0-9]+)", re.IGNORECASE)


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id)

    def counting(self) -> Self:
        return self.filter(voided_at=None)


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    def visible_to(self, person: "Person") -> Self:
        # With the step, because a state in words is asked of every item that is shown.
        return self.filter(organization=person.organization_id).select_related("step")

    def involving(self, person: "Person") -> Self:
        """Items that the person wrote, leads, or worked on in the team."""
        teams = self.model._base_manager.filter(organization=person.organization_id, team__person=person)
        return self.filter(Q(author=person) | Q(leader=person) | Q(pk__in=teams.values("pk")))

    def of_people(self, people: "models.QuerySet[Person]", role: str = "") -> Self:
        """Items that one of the people wrote, leads or worked on in the team; or in one of these roles alone."""
        teams = self.model._base_manager.filter(team__person__in=people)
        parts = {
            "author": Q(author__in=people),
            "leader": Q(leader__in=people),
            "team": Q(pk__in=teams.values("pk")),
        }
        return self.filter(parts.get(role) or parts["author"] | parts["leader"] | parts["team"])

    def waiting(self) -> Self:
        """What is completed and said to save or bring something at which nobody has looked yet."""
        impacts = _related(self.model, "impacts").exclude(
            Exists(_standing(self.model, OuterRef("item"), OuterRef("kind")))
        )
        unseen = Q(impact__isnull=False) & ~Exists(_standing(self.model, OuterRef("pk"), None))
        claims = self.filter(state="completed", kind__in=["improvement", "project"])
        return claims.filter(unseen | Exists(impacts.filter(item=OuterRef("pk"))))

    def to_verify(self, person: "Person") -> Self:
        """What waits for a second person, as far as this one had no hand in it."""
        own = self.model.objects.involving(person)
        by = Q(changes__by=person) | Q(changes__by__merged_into=person)
        said = self.model.objects.filter(by, changes__changes__has_any_keys=["impact", "impacts"])
        waiting = self.waiting().exclude(completed_by=person)
        return waiting.exclude(pk__in=own.values("pk")).exclude(pk__in=said.values("pk"))

    def search(self, text: str) -> Self:
        """Every word of the text stands in the title; a number alone finds its item."""
        items, words = self, text.replace("\0", " ").split()
        if len(words) == 1 and (number := NUMBER.fullmatch(words[0])):
            return self.filter(number=number[1]) if len(number[1]) < 9 else self.none()
        for word in words[:10]:
            items = items.filter(title__icontains=word)
        return items


def _related(model: Any, name: str) -> Any:
    return model._meta.get_field(name).related_model.objects.all()


def _standing(model: Any, item: Any, kind: Any) -> Any:
    """The verification of a kind that stands; no kind is the saving."""
    return _related(model, "verifications").filter(item=item, kind=kind, withdrawn_at=None)


class ItemNewsQuerySet(models.QuerySet["ItemNews"]):
    def with_subjects(self) -> Self:
        """With what it takes to tell of them, and with what of the item was verified meanwhile, or waits for it."""
        items: Any = self.model._meta.get_field("item").related_model
        saving = _standing(items, OuterRef("item"), None)
        any_of_it = _related(items, "verifications").filter(item=OuterRef("item"), withdrawn_at=None)
        news = self.select_related("item", "by", "comment", "verification__kind", "sent_back__kind", "change")
        return news.annotate(
            is_verified=Exists(any_of_it),
            is_saving_verified=Exists(saving),
            is_waiting=Exists(items.objects.waiting().filter(pk=OuterRef("item"))),
        )
