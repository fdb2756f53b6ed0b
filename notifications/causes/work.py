"""News of work items, for those whom they concern."""

from activity.models import OUTCOMES, ItemNews, NewsKind
from activity.news import people_of
from notifications.models import Notice, NoticeKind
from people import clock
from people.models import Organization, Person

BATCH = 100


def take(organization: Organization) -> tuple[int, list[Notice]]:
    """How many news are worked off now, and the notices that they make: whoever has left is not told."""
    due = ItemNews.objects.filter(to_tell=True).select_related("item", "comment")
    rows = list(due.prefetch_related("item__team").select_for_update(of=("self",)).order_by("pk")[:BATCH])
    people = people_of(rows)
    here = Person.objects.active().filter(pk__in=set().union(*people.values())).in_bulk()
    known = set(Notice.objects.filter(news__in=rows).values_list("news", "recipient"))
    notices = [
        Notice(
            organization=organization, news=news, recipient=here[pk], kind=kind_of(news), made_at=clock.now()
        )
        for news in rows
        for pk in sorted(people[news.pk] & here.keys())
        if (news.pk, pk) not in known
    ]
    ItemNews.objects.filter(pk__in=[news.pk for news in rows]).update(to_tell=False)
    return len(rows), notices


def kind_of(news: ItemNews) -> NoticeKind:
    if news.kind in (*OUTCOMES, NewsKind.SENT_BACK):
        return NoticeKind.OUTCOME
    return NoticeKind(news.kind) if news.kind in NoticeKind.values else NoticeKind.NAMED
