"""What narrows a list of people, and the people who are left."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

from badges.expiry import end_of_soon
from badges.models import PUBLISHED, Award, Badge, BadgeState
from boards.held import TO_RENEW
from boards.models import Card
from boards.orders import rankable
from people.clock import now
from people.models import Location, Person, RoleAssignment
from people.roles import Role
from rules.queries import known_end

FAR = Value(datetime(9999, 12, 31, tzinfo=UTC))
LOGINS = {"yes": "With a login", "no": "Without a login"}
STATUSES = {"active": "Active", "left": "Have left", "all": "Everybody"}


@dataclass(frozen=True)
class Filters:
    """All of it holds together: every one of `badges` is held, and none of `without`.

    `ends_soon` narrows to who holds a badge to renew that ends within sixty days;
    `login` is yes or no, or empty for no matter; `status` is active, left or all.
    `nobody` is for what contradicts itself: no address asks for it.
    """

    text: str = ""
    location: Location | None = None
    badges: tuple[Badge, ...] = ()
    without: tuple[Badge, ...] = ()
    ends_soon: bool = False
    role: Role | None = None
    login: str = ""
    status: str = "active"
    nobody: bool = False

    @property
    def words(self) -> list[str]:
        """What narrows, in words, as it is said of people."""
        said = [f"“{self.text}”"] if self.text else []
        said += [f"{self.location.name} and below"] if self.location else []
        said += [f"who hold {' and '.join(map(named, self.badges))}"] if self.badges else []
        said += [f"who do not hold {' or '.join(map(named, self.without))}"] if self.without else []
        said += ["with a badge that ends soon"] if self.ends_soon else []
        said += [self.role.label.lower()] if self.role else []
        said += [LOGINS[self.login].lower()] if self.login else []
        said += ["who have left"] if self.status == "left" else []
        return said + (["whether here or not"] if self.status == "all" else [])

    def query(self) -> QueryDict:
        """As the People page's address says it."""
        query = QueryDict(mutable=True)
        query.setlist("q", [self.text] if self.text else [])
        query.setlist("location", [str(self.location.pk)] if self.location else [])
        query.setlist("badge", [badge.slug for badge in self.badges])
        query.setlist("without", [badge.slug for badge in self.without])
        query.setlist("ends", ["soon"] if self.ends_soon else [])
        query.setlist("role", [self.role.value] if self.role else [])
        query.setlist("login", [self.login] if self.login else [])
        query.setlist("status", [self.status] if self.status != "active" else [])
        return query


def named(badge: Badge) -> str:
    return badge.name if badge.state in PUBLISHED else "a badge that is not in use"


def filters_of(card: Card) -> Filters:
    """Those of the card itself; where it has a saved list as well, `asked.asked_of` tells both together."""
    return Filters(
        location=card.location,
        badges=(card.badge,) if card.badge else (),
        without=(card.without,) if card.without else (),
        ends_soon=card.ends_soon,
        role=Role(card.role) if card.role else None,
        text=card.find,
        login=card.login,
        status=card.status,
    )


def matching(viewer: Person, filters: Filters, *, gathered: bool = False) -> QuerySet[Person]:
    """Those whom the filters let through.

    `gathered` is the same in another way, for those who want all: whoever holds several badges is told by the
    awards alone first, and not looked for person by person, which is best where a page is soon full.
    """
    people = rankable(Person.objects.visible_to(viewer), viewer)
    if filters.nobody:
        return people.none()
    if filters.status != "all":
        people = people.filter(left_on__isnull=filters.status == "active")
    if filters.location:
        people = people.filter(location__in=filters.location.subtree_ids())
    if any(badge.state == BadgeState.WITHDRAWN for badge in filters.badges):
        return people.none()  # it is held by nobody
    if gathered and len(filters.badges) > 1:
        people = people.filter(pk__in=_holders(filters.badges, viewer))
    else:
        people = people.filter(*(_holds(badge, viewer) for badge in filters.badges))
    for badge in filters.without:
        people = people.filter(~_holds(badge, viewer))
    if filters.ends_soon:
        people = people.filter(_ends_soon(viewer))
    if filters.role:
        people = people.filter(_has(filters.role))
    if filters.login:
        people = people.filter(user__isnull=filters.login == "no")
    return people.search(filters.text) if filters.text else people  # type: ignore[attr-defined]


def _holds(badge: Badge, viewer: Person, person: str = "pk") -> Exists:
    """As far as the viewer sees it: to colleagues, whoever hides a badge is one without it."""
    return Exists(Award.objects.standing().listed_to(viewer).filter(badge=badge, person=OuterRef(person)))


def _holders(badges: tuple[Badge, ...], viewer: Person) -> QuerySet[Award, Any]:
    """Who holds all of them. DISTINCT is for the planner: without it, it takes these for a third of everybody."""
    first, *others = badges
    standing = Award.objects.standing().listed_to(viewer)
    holding = standing.filter(*(_holds(badge, viewer, "person") for badge in others), badge=first)
    return holding.order_by().values("person").distinct()


def _ends_soon(viewer: Person) -> Exists:
    """A badge to renew whose last standing award ends soon: one that another award keeps on does not count, nor one
    whose rule is paused.
    """
    soon = end_of_soon(now(), viewer.organization.time_zone)
    standing = Award.objects.standing().listed_to(viewer)
    of_the_same = standing.filter(person=OuterRef("person"), badge=OuterRef("badge")).order_by()
    last = of_the_same.values("badge").values(end=Max(Coalesce(known_end(viewer.organization), FAR)))
    ending = standing.filter(person=OuterRef("pk"), expires_at__lte=soon, expires_at__gte=Subquery(last))
    others = Badge.objects.filter(~TO_RENEW | Q(state=BadgeState.WITHDRAWN))
    return Exists(ending.exclude(badge__in=others))


def _has(role: Role) -> Q:
    """Whoever was given no role is an employee."""
    given = RoleAssignment.objects.filter(person=OuterRef("pk"))
    if role == Role.EMPLOYEE:
        return ~Q(Exists(given.exclude(role=Role.EMPLOYEE)))
    return Q(Exists(given.filter(role=role)))
