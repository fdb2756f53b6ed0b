"""Comments on an item."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from activity.commenting import add_comment, withdraw_comment
from activity.forms import CommentForm
from activity.models import Comment
from activity.views.one import item_or_404, item_page
from people.access import OrganizationRequest, requires
from people.roles import Capability


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.SUBMIT_WORK)
def comment(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    item, form = item_or_404(request, number), CommentForm(request.POST)
    if request.method != "POST":  # the form's answer, loaded again
        return redirect(item)
    if not form.is_valid():
        return item_page(request, item, comment=form)
    said = add_comment(item=item, author=request.person, text=form.cleaned_data["text"])
    return redirect(f"{item.get_absolute_url()}#comment-{said.pk}")


@require_POST
def withdraw(request: OrganizationRequest, organization: str, number: int, comment_id: int) -> HttpResponse:
    """Somebody's own comment; others' are not found here."""
    item = item_or_404(request, number)
    own = get_object_or_404(Comment.objects.filter(item=item, author=request.person), pk=comment_id)
    withdraw_comment(comment=own)
    messages.success(request, "Your comment is withdrawn.")
    return redirect(item)
