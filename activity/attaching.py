"""Files with an item: added within what an organization may keep, removed for good."""

from django.db import transaction
from django.db.models import Sum

from activity.models import Attachment, AttachmentData, WorkItem
from people.audit import note
from people.clock import now
from people.files import Unusable, made_safe
from people.locks import one_at_a_time
from people.models import Person

MOST_A_ITEM = 30
QUOTA = 2 * 1024**3  # bytes that one organization may keep


@transaction.atomic
def attach_file(*, item: WorkItem, by: Person, name: str, data: bytes, quota: int = QUOTA) -> Attachment:
    """The file, made safe. Raises `Unusable`, storing nothing."""
    safe = made_safe(name, data)
    # One organization's files come in one after the other, so that they cannot outrun the sum together.
    one_at_a_time("attachments", item.organization_id)
    kept = Attachment.objects.filter(removed_at=None)
    if kept.filter(item=item).count() >= MOST_A_ITEM:
        raise Unusable(f"An item keeps at most {MOST_A_ITEM} files. Remove one first.")
    if (kept.aggregate(sum=Sum("size"))["sum"] or 0) + len(safe.data) > quota:
        raise Unusable("The space for files is used up. Remove some, or ask your administrators.")
    attachment = Attachment.objects.create(
        organization=item.organization,
        item=item,
        name=safe.name,
        content_type=safe.content_type,
        size=len(safe.data),
        added_by=by,
        added_at=now(),
    )
    AttachmentData.objects.create(organization=item.organization, attachment=attachment, data=safe.data)
    note(by, "file.added", item, name=safe.name)
    return attachment


@transaction.atomic
def remove_file(*, attachment: Attachment, by: Person, reason: str) -> None:
    """Its bytes are gone; that it was there, and why it is not any more, stays."""
    attachment = Attachment.objects.select_for_update().select_related("item").get(pk=attachment.pk)
    if attachment.removed_at:
        return
    attachment.removed_at, attachment.removed_by, attachment.removed_because = now(), by, reason
    attachment.save(update_fields=["removed_at", "removed_by", "removed_because"])
    AttachmentData.objects.filter(attachment=attachment).delete()
    note(by, "file.removed", attachment.item, name=attachment.name, reason=reason)
