"""What people say about an item."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.commenting import add_comment, withdraw_comment
from activity.models import Comment, WorkItem
from activity.steps import submit_improvement
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import PersonFactory

ITEM = "/riverside/improvements/1/"
SAY = f"{ITEM}comments/"


@pytest.fixture
def item(bob: Person) -> WorkItem:
    with tenant(bob.organization):
        return submit_improvement(author=bob, title="Red lids")


def said(client: Client, **query: object) -> list[str]:
    return [comment.text for comment in client.get(ITEM, query).context["comments"]]


def test_comments_stand_oldest_first(as_bob: Client, as_mary: Client, item: WorkItem) -> None:
    assert as_mary.post(SAY, {"text": "Which lids?"}).headers["Location"].startswith(f"{ITEM}#comment-")
    as_bob.post(SAY, {"text": "The red ones.\r\nAll of them."})
    assert said(as_bob) == ["Which lids?", "The red ones.\nAll of them."]


def test_its_author_may_withdraw_it_and_nobody_else(as_bob: Client, as_mary: Client, item: WorkItem) -> None:
    as_bob.post(SAY, {"text": "Something rash"})
    with tenant(item.organization):
        path = f"{SAY}{Comment.objects.get().pk}/withdraw/"
    assert as_mary.post(path).status_code == 404
    assert (path in as_mary.get(ITEM).content.decode(), path in as_bob.get(ITEM).content.decode()) == (
        False,
        True,
    )
    assert [as_bob.post(path).status_code for _ in range(2)] == [302, 302]
    page = as_mary.get(ITEM).content.decode()
    assert ("rash" in page, "Withdrawn" in page, path in as_bob.get(ITEM).content.decode()) == (
        False,
        True,
        False,
    )


def test_what_was_said_is_not_rewritten(item: WorkItem, mary: Person) -> None:
    with tenant(item.organization):
        first = add_comment(item=item, author=mary, text="Yes")
        taken_back = add_comment(item=item, author=mary, text="No")
        withdraw_comment(comment=taken_back)
        for row, change in [
            (first, {"text": "Never"}),
            (first, {"text": ""}),
            (taken_back, {"text": "Never"}),
            (taken_back, {"text": "Never", "withdrawn_at": None}),
            (first, {"author": item.author_id}),
        ]:
            with pytest.raises(IntegrityError), transaction.atomic():
                Comment.objects.filter(pk=row.pk).update(**change)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Comment.objects.filter(pk=first.pk)._raw_delete("default")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001, "a\u202eb", "\0", "a" + "\u0301" * 500, "\u200d"])
def test_bad_input_is_named_and_nothing_stored(as_bob: Client, item: WorkItem, text: str) -> None:
    response = as_bob.post(SAY, {"text": text})
    assert (response.status_code, list(response.context["comment"].errors)) == (422, ["text"])
    with tenant(item.organization):
        assert Comment.objects.count() == 0


def test_four_thousand_characters_fit_whatever_ends_the_lines(as_bob: Client, item: WorkItem) -> None:
    assert as_bob.post(SAY, {"text": "x\r\n" * 1999 + "xx"}).status_code == 302


def test_it_is_text_and_nothing_else(as_bob: Client, item: WorkItem) -> None:
    as_bob.post(SAY, {"text": "<script>1</script> {{ 7 }} javascript:x"})
    page = as_bob.get(ITEM).content.decode()
    assert "&lt;script&gt;1&lt;/script&gt; {{ 7 }} javascript:x" in page


def test_many_comments_come_in_pages_the_latest_first_asked(
    as_bob: Client, item: WorkItem, organization: Organization
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_bob.get(ITEM).status_code == 200
        return len(captured)

    counts = []
    for batch in range(3):
        with tenant(organization):
            for number in range(17):
                add_comment(
                    item=item, author=PersonFactory(organization=organization), text=f"{batch * 17 + number}"
                )
        counts.append(queries())
    assert len(set(counts)) == 1
    assert said(as_bob) == ["50"]
    assert said(as_bob, page="1")[:2] == ["0", "1"]
    assert said(as_bob, page="9" * 400) == said(as_bob, page="-1") == ["50"]
