"""What people say about an item."""

from django.db import transaction

from activity.models import Comment, WorkItem
from activity.news import tell_of_comment
from people.audit import note
from people.clock import now
from people.models import Person


@transaction.atomic
def add_comment(*, item: WorkItem, author: Person, text: str) -> Comment:
    comment = Comment.objects.create(
        organization=item.organization, item=item, author=author, text=text, written_at=now()
    )
    note(author, "commented", item)
    tell_of_comment(comment)
    return comment


@transaction.atomic
def withdraw_comment(*, comment: Comment) -> None:
    """Its author takes the words back: that something was said stays, what it was does not."""
    comment = Comment.objects.select_for_update().select_related("item", "author").get(pk=comment.pk)
    if comment.withdrawn_at:
        return
    comment.text, comment.withdrawn_at = "", now()
    comment.save(update_fields=["text", "withdrawn_at"])
    note(comment.author, "comment.withdrawn", comment.item)
