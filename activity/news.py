"""News of work items: written with their cause, for those whom it concerns. `notifications` tells them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from activity.models import Comment, ItemNews, NewsKind, Verification, WorkItem
from activity.queries import concerned_ids
from activity.signals import announce_news
from people.access import able_to
from people.clock import now
from people.models import Organization, Person
from people.roles import Capability


def tell_of_comment(comment: Comment) -> None:
    _write(comment.item, comment.author, NewsKind.COMMENTED, comment=comment)


def tell_of_verification(verification: Verification) -> None:
    _write(verification.item, verification.by, NewsKind.VERIFIED, verification=verification)


def tell_of_claim(item: WorkItem, by: Person) -> None:
    """It is completed and said to save something, which somebody is to verify."""
    if item.claims_saving:
        _write(item, by, NewsKind.TO_VERIFY)


def tell_of_part(item: WorkItem, by: Person, *, leader: Person | None, team: Iterable[Person]) -> None:
    """These people are put on it; whoever did so knows already, and nobody is told twice."""
    told = {by.pk}
    for kind, people in ((NewsKind.LEADER, [leader] if leader else []), (NewsKind.TEAM, team)):
        for person in people:
            if person.pk not in told:
                told.add(person.pk)
                _write(item, by, kind, person=person)


def withhold_news(*, organization: Organization) -> None:
    """Tell nobody of what happened so far: a history that is loaded sends no mail."""
    ItemNews.objects.filter(organization=organization, to_tell=True).update(to_tell=False)


def _write(item: WorkItem, by: Person, kind: NewsKind, **of: Comment | Verification | Person) -> None:
    ItemNews.objects.create(
        organization=item.organization, item=item, kind=kind, by=by, at=now(), to_tell=True, **of
    )
    announce_news(item.organization_id)


# --- whom it concerns


def people_of(news: ItemNews) -> set[int]:
    """Whom news concern, by number: people who left are among them, whoever wrote them is not."""
    item = news.item
    match news.kind:
        case NewsKind.LEADER | NewsKind.TEAM:
            ids = {news.person_id}
        case NewsKind.TO_VERIFY:
            ids = set(verifiers(item).values_list("pk", flat=True))
        case _:
            ids = {item.author_id, item.leader_id, *(member.person_id for member in item.team.all())}
    if news.comment:
        earlier = item.comments.filter(pk__lt=news.comment_id, withdrawn_at=None)
        ids |= set(earlier.values_list("author", flat=True))
    return {pk for pk in ids if pk is not None and pk != news.by_id}


def verifiers(item: WorkItem) -> QuerySet[Person]:
    """The managers of its people, as far as they may verify it; where none may, everybody who may."""
    able = able_to(Capability.VERIFY_IMPACT).exclude(pk__in=[pk for pk in concerned_ids(item) if pk])
    people = [item.author_id, item.leader_id, *item.team.values_list("person", flat=True)]
    managers = Person.objects.filter(pk__in=[pk for pk in people if pk]).values_list("manager", flat=True)
    near = able.filter(pk__in=[pk for pk in managers if pk])
    return near if near.exists() else able
