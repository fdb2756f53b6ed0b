from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from people.access import editable_by, editors_of
from people.roles import BY_HAND, Capability

if TYPE_CHECKING:
    from badges.models import Award, Badge, Batch, Evidence, Nomination, Praise  # noqa: F401
    from people.models import Person
    from people.querysets import PersonQuerySet


def sees_hidden(person: "Person") -> bool:
    """Whether somebody sees what people keep from their colleagues."""
    return person.can(Capability.SEE_HISTORY)


class BadgeQuerySet(models.QuerySet["Badge"]):
    def visible_to(self, person: "Person") -> Self:
        """Published badges; drafts and withdrawn ones only to those who define badges."""
        badges = self.filter(organization=person.organization_id)
        return badges if person.can("manage_badges") else badges.exclude(state__in=["draft", "withdrawn"])  # type: ignore[arg-type]

    def in_order(self) -> Self:
        """By category, those of none last; then as they stand in it."""
        return self.order_by(
            F("category__position").asc(nulls_last=True), "category", "position", "name", "pk"
        )

    def hand_renewable(self) -> Self:
        """What those who hold it can be given: of closed badges as well."""
        return self.filter(state__in=["active", "closed"], mode__in=["hand", "both"])

    def open_to_nominations(self) -> Self:
        return self.hand_renewable().filter(takes_nominations=True)

    def hand_grantable_to(self, person: "Person", by: "Person | None" = None) -> Self:
        """Closed badges to those who hold them: as far as `by` knows, if it matters who gives."""
        held = person.awards.standing()
        held = held.listed_to(by) if by else held
        return self.hand_renewable().filter(Q(state="active") | Q(pk__in=held.values("badge")))


def hidden(person: str, badge: Any) -> Exists:
    """That somebody keeps a badge from colleagues: both are fields of the outer query, or the badge itself."""
    badges = apps.get_model("badges.HiddenBadge").objects.filter(person=OuterRef(person))
    return Exists(badges.filter(Q(badge=None) | Q(badge=badge)))


class AwardQuerySet(models.QuerySet["Award"]):
    def visible_to(self, person: "Person") -> Self:
        """One's own, and others' that stand and are not hidden; with the right to see histories everybody's."""
        awards = self.filter(organization=person.organization_id).exclude(badge__state="withdrawn")
        if sees_hidden(person):
            return awards
        return awards.filter(Q(ended_at=None) & ~Q(hidden("person", OuterRef("badge"))) | Q(person=person))

    def listed_to(self, person: "Person") -> Self:
        """Without what is hidden: lists show oneself as colleagues see one. All with the right to see histories."""
        return self if sees_hidden(person) else self.filter(~hidden("person", OuterRef("badge")))

    def standing(self) -> Self:
        """Awards that hold now. `ended_at` is set by the sweep, which runs every few seconds."""
        return self.filter(ended_at=None)

    def with_praise(self, reader: "Person") -> Self:
        """Each with how many say “well done” to it (`praise_count`), and whether the reader does (`is_praised`)."""
        praise = said_of(OuterRef("pk"))
        return self.annotate(praise_count=counted(praise), is_praised=Exists(praise.filter(person=reader)))


def said_of(award: Any) -> "PraiseQuerySet":
    """What is said to an award: itself, or a field of the outer query."""
    praise: PraiseQuerySet = apps.get_model("badges.Praise").objects.filter(award=award)
    return praise.said()


def counted(praise: "PraiseQuerySet") -> Coalesce:
    """How many, of an outer query's award."""
    return Coalesce(Subquery(praise.order_by().values("award").annotate(n=Count("pk")).values("n")), 0)


class PraiseQuerySet(models.QuerySet["Praise"]):
    def said(self) -> Self:
        """What was not taken back, by others than the holder."""
        return self.filter(stands=True).exclude(person=F("award__person"))


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, person: "Person") -> Self:
        """Bulk edits of the organization; one that is not started is its maker's own."""
        return self.filter(organization=person.organization_id).filter(
            ~Q(state__in=["draft", "planning"]) | Q(made_by=person)
        )

    def at_work(self) -> Self:
        return self.filter(state__in=["planning", "queued", "running", "undoing"])


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def current(self) -> Self:
        return self.filter(withdrawn_at=None)

    def readable_by(self, person: "Person") -> Self:
        """Files tell more than links and notes do: the holder's own, or all with the right to see histories.

        With a nomination, whoever made it, and who may decide on it (the nominee is within reach), never the nominee.
        """
        pieces = self.filter(organization=person.organization_id).exclude(award__badge__state="withdrawn")
        waiting = Q(award=None) & ~Q(nomination__nominee=person)
        if person.gives_by_hand:
            own = Q(added_by=person) | Q(nomination__nominee__in=reached_by(person))
            return pieces.filter(Q(award__isnull=False) | waiting & own)
        if person.can("see_history"):  # type: ignore[arg-type]
            return pieces.filter(Q(award__isnull=False) | waiting & Q(added_by=person))
        return pieces.filter(Q(award__person=person) | waiting & Q(added_by=person))


def reached_by(person: "Person") -> "PersonQuerySet":
    """Whom somebody may give badges to: both administrations reach them."""
    people = type(person).objects.filter(organization=person.organization_id)
    for capability in BY_HAND:
        people = editable_by(person, people, capability)
    return people


def givers_to(person: "Person") -> "PersonQuerySet":
    """Who may give badges to somebody, themselves perhaps: `reached_by`, asked the other way round."""
    people = type(person).objects.active()
    for capability in BY_HAND:
        people = people.filter(pk__in=editors_of(person, capability).values("pk"))
    return people


class NominationQuerySet(models.QuerySet["Nomination"]):
    def decided(self) -> Self:
        return self.filter(state__in=["approved", "declined"])

    def open(self) -> Self:
        return self.filter(state="open")
