"""One item: who may see it, and its page with all its forms."""

from typing import Any
from urllib.parse import urlsplit

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from activity.fields import say_unit
from activity.forms import CommentForm, CompleteForm, DeclineForm, FileForm, VerifyForm
from activity.impacts import impacts_told
from activity.kinds import saving_unit_of
from activity.listing import savings
from activity.models import Comment, MoveName, Verification, WorkItem
from activity.moving import Moving, in_sentences
from activity.queries import (
    attachments_of,
    changes_of,
    closing_of,
    comments_on,
    ledger_of,
    may_remove,
    may_verify,
    may_void,
)
from activity.waiting import managers_of
from people.access import OrganizationRequest
from people.roles import Capability

COMMENTS_A_PAGE = 50
A_FEW = 5  # changes that are shown unasked


def item_or_404(request: OrganizationRequest, number: int) -> WorkItem:
    items = WorkItem.objects.visible_to(request.person).select_related("author", "leader", "location")
    return get_object_or_404(items, number=number)


def back_to(request: OrganizationRequest, item: WorkItem) -> str:
    """To the board that an item was moved on, at the item; else to the item's own page."""
    board = reverse("activity:board", args=[request.organization.slug])
    address = request.POST.get("next", "")
    asked = urlsplit(address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "")
    return f"{board}?{asked.query}#item-{item.number}" if asked.path == board else item.get_absolute_url()


def item_page(request: OrganizationRequest, item: WorkItem, **bound: Any) -> HttpResponse:
    """The page of an item; `bound` are forms that were sent and have errors, by their name on the page."""
    looked_at = list(item.verifications.select_related("by", "kind"))
    verifications = [row for row in looked_at if row.kind is None]
    verified = next((row for row in verifications if not row.withdrawn_at), None)
    sent_back = list(item.sent_back.filter(settled_at=None).select_related("kind", "by"))
    forms, moving = _forms(request, item, verified) | bound, Moving(request.person)
    unit = saving_unit_of(request.organization)
    for form in forms.values():
        say_unit(form, unit)
    moves = {move.name: move for move in moving.moves(item)}
    changes = changes_of(item)[: None if request.GET.get("changes") == "all" else A_FEW + 1]
    context = {
        "item": item,
        "team": [member.person for member in item.team.select_related("person").order_by("person__name")],
        "ledger": ledger_of(item),
        "set_aside": moves.pop(MoveName.DECLINE, None),
        "moves": list(moves.values()),
        "steps": moving.steps(item),
        "hints": in_sentences(moving.hints(item, managers_of(item, request.person))),
        "verifications": verifications,
        "verified": verified,
        "savings": savings(item.expected, item.impact, verified.value if verified else None),
        "impacts": impacts_told(item, looked_at, unit),
        "may_verify": "verify" in forms,
        "sent_back": [(sent, sent.in_words(unit)) for sent in sent_back],
        "saving_sent_back": any(sent.kind is None for sent in sent_back),
        "may_report_anew": moving.may_report_anew(item),
        "files": [(file, may_remove(request.person, file)) for file in attachments_of(item)],
        "comments": _comments(request, item),
        "changes": [(change, change.in_words(unit)) for change in changes],
        "unit": unit,
        "a_few": A_FEW,
        "closing": closing_of(item),
        "may_edit": moving.may_edit(item),
        "may_void": may_void(request.person, item),
        **forms,
    }
    return render(request, "activity/detail.html", context, status=422 if bound else 200)


def _forms(request: OrganizationRequest, item: WorkItem, verified: Verification | None) -> dict[str, Any]:
    forms: dict[str, Any] = {
        "form": CompleteForm(item=item, by=request.person),
        "decline": DeclineForm(),
    }
    if may_verify(request.person, item):
        forms["verify"] = VerifyForm(initial={"value": verified.value if verified else item.impact})
    if request.person.can(Capability.SUBMIT_WORK):
        forms |= {"comment": CommentForm(), "attach": FileForm()}
    return forms


def _comments(request: OrganizationRequest, item: WorkItem) -> Page[Comment]:
    """Oldest first; unasked, the page with the latest."""
    paginator = Paginator(comments_on(item), COMMENTS_A_PAGE)
    return paginator.get_page(request.GET.get("page", paginator.num_pages))
