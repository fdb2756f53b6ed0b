"""What an item is said to bring, sent back by a second person, and reported anew by its people."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from activity.fields import say_unit
from activity.forms_impacts import ReportAnewForm, SendBackForm
from activity.impacts import said_of, sent_back_of
from activity.kinds import saving_unit_of
from activity.models import SAVING, ImpactKind, WorkItem
from activity.moving import Moving
from activity.queries import may_verify
from activity.sending_back import Overtaken, report_anew, send_back, what_stands
from activity.steps import NotPossible
from activity.views.one import item_or_404
from people.access import OrganizationRequest, requires
from people.figures import amount
from people.roles import Capability


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.VERIFY_IMPACT)
def send(
    request: OrganizationRequest, organization: str, number: int, kind_id: int | None = None
) -> HttpResponse:
    item, kind = item_or_404(request, number), _kind(kind_id)
    if not may_verify(request.person, item):
        raise PermissionDenied
    if said_of(item, kind) is None:  # a second click, or somebody was quicker
        return _nothing_to_judge(request, item, kind)
    seen = what_stands(item, kind)
    form = SendBackForm(request.POST if request.method == "POST" else None, initial={"seen": seen})
    if request.method == "POST" and form.is_valid():
        try:
            sent = send_back(item=item, kind=kind, by=request.person, **form.cleaned_data)
        except Overtaken as refusal:
            item.refresh_from_db()
            form = form.renewed(what_stands(item, kind), str(refusal))
        except NotPossible as refusal:
            messages.error(request, str(refusal))
            return redirect(item)
        else:
            messages.success(
                request, f"{item.label}: {sent.of} is sent back. Its author and leader are told."
            )
            return redirect(item)
    return _page(request, item, kind, form)


def _page(
    request: OrganizationRequest, item: WorkItem, kind: ImpactKind | None, form: SendBackForm
) -> HttpResponse:
    unit, said = saving_unit_of(request.organization), said_of(item, kind)
    standing = item.verifications.filter(kind=kind, withdrawn_at=None).select_related("by", "kind").first()
    context = {
        "form": form,
        "item": item,
        "name": kind.name if kind else SAVING,
        "said": kind.in_words(said, unit) if kind else amount(item.impact, unit),
        "standing": standing,
        "found": standing.in_words(unit) if standing else "",
    }
    return render(request, "activity/send_back.html", context, status=422 if form.errors else 200)


def _nothing_to_judge(request: OrganizationRequest, item: WorkItem, kind: ImpactKind | None) -> HttpResponse:
    if sent := sent_back_of(item, kind):
        mine = sent.by_id == request.person.pk
        say = messages.success if mine else messages.error
        say(request, f"{'You' if mine else sent.by} sent it back already.")
    else:
        messages.error(request, f"Nothing is said about {kind or 'what it saves'}.")
    return redirect(item)


@require_http_methods(["GET", "HEAD", "POST"])
def report(
    request: OrganizationRequest, organization: str, number: int, kind_id: int | None = None
) -> HttpResponse:
    item, kind = item_or_404(request, number), _kind(kind_id)
    if not Moving(request.person).may_report_anew(item):
        raise PermissionDenied
    sent = sent_back_of(item, kind)
    if sent is None:
        if request.method == "POST":
            messages.error(request, "It was reported anew already. Nothing of yours is saved.")
        return redirect(item)
    form = ReportAnewForm(request.POST if request.method == "POST" else None, sent=sent)
    unit = saving_unit_of(request.organization)
    say_unit(form, unit)
    if request.method == "POST" and form.is_valid():
        try:
            report_anew(item=item, kind=kind, by=request.person, **form.cleaned_data)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{item.label}: {_reported(sent.of, form.cleaned_data['said'])}")
        return redirect(item)
    context = {"form": form, "item": item, "sent": sent, "said": sent.in_words(unit)}
    return render(request, "activity/report_anew.html", context, status=422 if form.errors else 200)


def _reported(name: str, said: object) -> str:
    return (
        f"{name} is taken back."
        if said is None
        else f"{name} is reported anew, and waits for a second person."
    )


def _kind(kind_id: int | None) -> ImpactKind | None:
    return get_object_or_404(ImpactKind, pk=kind_id) if kind_id else None
