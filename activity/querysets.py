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

    def to_verify(self, person: "Person") -> Self:
        """What is said to save something, and nobody has looked yet; for somebody who had no hand in it."""
        own = self.model.objects.involving(person)
        verified = self.model.objects.filter(verifications__isnull=False, verifications__withdrawn_at=None)
        claimed = self.filter(state="completed", impact__isnull=False).exclude(completed_by=person)
        by = Q(changes__by=person) | Q(changes__by__merged_into=person)
        said = self.model.objects.filter(by, changes__changes__has_key="impact")
        claimed = claimed.exclude(pk__in=said.values("pk"))
        return claimed.exclude(pk__in=own.values("pk")).exclude(pk__in=verified.values("pk"))

    def search(self, text: str) -> Self:
        """Every word of the text stands in the title; a number alone finds its item."""
        items, words = self, text.replace("\0", " ").split()
        if len(words) == 1 and (number := NUMBER.fullmatch(words[0])):
            return self.filter(number=number[1]) if len(number[1]) < 9 else self.none()
        for word in words[:10]:
            items = items.filter(title__icontains=word)
        return items


class ItemNewsQuerySet(models.QuerySet["ItemNews"]):
    def with_subjects(self) -> Self:
        """With what it takes to tell of them, and whether what the item saves is verified meanwhile."""
        verifications: Any = self.model._meta.get_field("verification").related_model
        standing = verifications.objects.filter(item=OuterRef("item"), withdrawn_at=None)
        news = self.select_related("item", "by", "comment", "verification", "change")
        return news.annotate(is_verified=Exists(standing))
