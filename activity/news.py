"""News of work items: written with their cause, for those whom it concerns. `notifications` tells them."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models.functions import Coalesce

from activity.models import Comment, ItemChange, ItemNews, NewsKind, SentBack, Verification, WorkItem
from activity.queries import concerned_by, is_waiting
from activity.signals import announce_news
from people.access import able_to
from people.clock import now
from people.models import Organization, Person
from people.roles import Capability


def tell_of_comment(comment: Comment) -> None:
    _write(comment.item, comment.author, NewsKind.COMMENTED, comment=comment)


def tell_of_verification(verification: Verification) -> None:
    _write(verification.item, verification.by, NewsKind.VERIFIED, verification=verification)


def tell_of_sent_back(sent: SentBack) -> None:
    """Its author and leader are to report it anew."""
    _write(sent.item, sent.by, NewsKind.SENT_BACK, sent_back=sent)


def tell_of_claim(item: WorkItem, by: Person) -> None:
    """It is completed and said to save or bring something, which somebody is to verify."""
    if is_waiting(item):
        _write(item, by, NewsKind.TO_VERIFY)


def tell_of_part(item: WorkItem, by: Person, *, leader: Person | None, team: Iterable[Person]) -> None:
    """These people are put on it; whoever did so knows already, and nobody is told twice."""
    told = {by.pk}
    for kind, people in ((NewsKind.LEADER, [leader] if leader else []), (NewsKind.TEAM, team)):
        for person in people:
            if person.pk not in told:
                told.add(person.pk)
                _write(item, by, kind, person=person)


def tell_of_outcome(change: ItemChange, kind: NewsKind) -> None:
    """Its people learn what became of it, and why."""
    _write(change.item, change.by, kind, change=change)


def withhold_news(*, organization: Organization) -> None:
    """Tell nobody of what happened so far: a history that is loaded sends no mail."""
    ItemNews.objects.filter(organization=organization, to_tell=True).update(to_tell=False)


def _write(
    item: WorkItem, by: Person, kind: NewsKind, **of: Comment | Verification | SentBack | ItemChange | Person
) -> None:
    ItemNews.objects.create(
        organization=item.organization, item=item, kind=kind, by=by, at=now(), to_tell=True, **of
    )
    announce_news(item.organization_id)


# --- whom it concerns


def people_of(rows: Collection[ItemNews]) -> dict[int, set[int]]:
    """By news, whom they concern: people who left are among them, whoever wrote them is not."""
    able = verifiers([news.item for news in rows if news.kind == NewsKind.TO_VERIFY])
    spoke = _comments([news.item_id for news in rows if news.comment_id])
    found = {}
    for news in rows:
        match news.kind:
            case NewsKind.LEADER | NewsKind.TEAM:
                ids = {news.person_id} if news.person_id else set()
            case NewsKind.TO_VERIFY:
                ids = able[news.item_id]
            case NewsKind.SENT_BACK:
                ids = {pk for pk in (news.item.author_id, news.item.leader_id) if pk}
            case _:
                ids = _own(news.item)
        if news.comment_id:
            ids = ids | {author for author, pk in spoke[news.item_id] if pk < news.comment_id}
        found[news.pk] = ids - {news.by_id}
    return found


def _own(item: WorkItem) -> set[int]:
    team = {member.person_id for member in item.team.all()}
    return team | {pk for pk in (item.author_id, item.leader_id) if pk}


def _comments(item_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """By item, author and number of what was said and not withdrawn."""
    found = defaultdict(list)
    if item_ids:
        said = Comment.objects.filter(item__in=item_ids, withdrawn_at=None)
        for item, author, pk in said.values_list("item", "author", "pk"):
            found[item].append((author, pk))
    return found


def verifiers(items: Collection[WorkItem]) -> dict[int, set[int]]:
    """By item, the managers of its people and who sent something back, as far as they may verify it.

    Where none may, everybody who may.
    """
    if not items:
        return {}
    own = {item.pk: _own(item) for item in items}
    people = Person.objects.filter(pk__in=set().union(*own.values()))
    managers = {person: manager for person, manager in people.values_list("pk", "manager") if manager}
    able = set(able_to(Capability.VERIFY_IMPACT).values_list("pk", flat=True))
    senders = _senders(own.keys())
    found = {}
    for item, concerned in concerned_by(items).items():
        others = able - concerned
        near = {managers[person] for person in own[item] & managers.keys()} | senders[item]
        found[item] = near & others or others
    return found


def _senders(item_ids: Collection[int]) -> dict[int, set[int]]:
    """By item, who sent back what it was said to bring."""
    found = defaultdict(set)
    sent = SentBack.objects.filter(item__in=item_ids)
    for item, person in sent.values_list("item", Coalesce("by__merged_into", "by")):
        found[item].add(person)
    return found
