"""Files with an item."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from activity.attaching import attach_file, remove_file
from activity.forms import FileForm, RemoveFileForm
from activity.models import Attachment, AttachmentData, WorkItem
from activity.queries import may_remove
from activity.views.one import item_or_404, item_page
from people.access import OrganizationRequest, requires
from people.downloads import to_keep
from people.files import Unusable
from people.pictures import small
from people.roles import Capability


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.SUBMIT_WORK)
def attach(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    item, form = item_or_404(request, number), FileForm(request.POST, request.FILES)
    if request.method != "POST":  # the form's answer, loaded again
        return redirect(item)
    if not form.is_valid():
        return item_page(request, item, attach=form)
    file = form.cleaned_data["file"]
    try:
        kept = attach_file(item=item, by=request.person, name=file.name, data=file.read())
    except Unusable as refusal:
        form.add_error("file", str(refusal))
        return item_page(request, item, attach=form)
    messages.success(request, f"{kept.name} is attached.")
    return redirect(f"{item.get_absolute_url()}#files")


@require_safe
def download(request: OrganizationRequest, organization: str, attachment_id: int) -> HttpResponse:
    attachment = _attachment(request, attachment_id)
    kept = get_object_or_404(AttachmentData, attachment=attachment)
    return to_keep(attachment.name, attachment.content_type, bytes(kept.data))


@require_safe
def preview(request: OrganizationRequest, organization: str, attachment_id: int) -> HttpResponse:
    """A picture, small and drawn anew."""
    attachment = _attachment(request, attachment_id)
    if not attachment.is_picture:
        raise Http404
    kept = get_object_or_404(AttachmentData, attachment=attachment)
    return HttpResponse(
        small(bytes(kept.data)),
        content_type="image/png",
        headers={
            "Cache-Control": "private, max-age=86400",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: OrganizationRequest, organization: str, attachment_id: int) -> HttpResponse:
    attachment = _attachment(request, attachment_id)
    if not may_remove(request.person, attachment):
        raise PermissionDenied
    form = RemoveFileForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        remove_file(attachment=attachment, by=request.person, reason=form.cleaned_data["reason"])
        messages.success(request, f"{attachment.name} is removed.")
        return redirect(f"{attachment.item.get_absolute_url()}#files")
    context = {"form": form, "attachment": attachment, "item": attachment.item}
    return render(request, "activity/remove_file.html", context, status=422 if form.errors else 200)


def _attachment(request: OrganizationRequest, attachment_id: int) -> Attachment:
    items = WorkItem.objects.visible_to(request.person)
    kept = Attachment.objects.filter(item__in=items, removed_at=None).select_related("item")
    return get_object_or_404(kept, pk=attachment_id)
