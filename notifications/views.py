from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import actions, bouncing, queries
from notifications.finding import TAB_LABELS, count_by_tab, find_mails, in_tab
from notifications.finding_forms import FindMailForm
from notifications.forms import PreferencesForm, initial_of
from notifications.models import Delivery, Notice, StoppedAddress
from notifications.tasks import tell
from people.access import OrganizationRequest
from people.bells import ring
from people.languages import choose_language
from people.models import Person
from people.roles import Capability

PAGE = 25


@require_safe
def notice_list(request: OrganizationRequest, organization: str) -> HttpResponse:
    page: Page[Any] = Paginator(queries.notices_of(request.person), PAGE).get_page(request.GET.get("page"))
    told = queries.in_words(page, request.person)
    sees_mail = sees_deliveries(request)
    context = {
        "page": page,
        "told": told,
        "sees_deliveries": sees_mail,
        "given_up": queries.given_up_count() if sees_mail else 0,
    }
    return render(request, "notifications/list.html", context)


@require_safe
def latest(request: OrganizationRequest, organization: str) -> HttpResponse:
    """What the bell shows when it is opened."""
    context = {"told": queries.latest_notices(request.person)}
    return render(request, "notifications/_latest.html", context)


@require_safe
def notice_open(request: OrganizationRequest, organization: str, notice_id: int) -> HttpResponse:
    """On to what it tells of. Looking at it is reading the notice, and as harmless to repeat."""
    notice = _own(request, notice_id)
    actions.mark_read(person=request.person, notice_id=notice.pk)
    return redirect(notice)


@require_POST
def read_one(request: OrganizationRequest, organization: str, notice_id: int) -> HttpResponse:
    actions.mark_read(person=request.person, notice_id=_own(request, notice_id).pk)
    if request.POST.get("back") == "home":
        return redirect(request.organization)
    return redirect("notifications:list", organization)


@require_POST
def read_all(request: OrganizationRequest, organization: str) -> HttpResponse:
    actions.mark_read(person=request.person)
    return redirect("notifications:list", organization)


def _own(request: OrganizationRequest, notice_id: int) -> Notice:
    return get_object_or_404(queries.notices_of(request.person), pk=notice_id)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: OrganizationRequest, organization: str) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    initial = initial_of(request.person)
    form = PreferencesForm(data, person=request.person, initial=initial)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "notifications/preferences.html", {"form": form}, status=status)
    hours = {name: form.cleaned_data[name] for name in ("zone", "digest_hour", "quiet_from", "quiet_until")}
    actions.choose_mail(person=request.person, rhythms=form.rhythms(), **hours)
    choose_language(person=request.person, language=form.cleaned_data["language"])
    messages.success(request, "Your choice of mail is saved.")
    return redirect("notifications:preferences", organization)


@require_safe
def delivery_list(request: OrganizationRequest, organization: str) -> HttpResponse:
    _refuse_others(request)
    tab = request.GET.get("show", "problems")
    if tab not in TAB_LABELS:
        tab = "problems"
    recipient = _recipient(request)
    find = FindMailForm(request.GET, by=request.person)
    found = find_mails(recipient=recipient, **find.asked()) if find.is_valid() else Delivery.objects.none()
    shown: Any = in_tab(found, tab).order_by("-pk")
    page: Page[Any] = Paginator(shown.with_people(), PAGE).get_page(request.GET.get("page"))
    counts = count_by_tab(found) if find.is_valid() and (recipient or find.asked()) else {}
    context = {
        "page": page,
        "find": find,
        "tab": tab,
        "tabs": [(key, label, counts.get(key)) for key, label in TAB_LABELS.items()],
        "recipient": recipient,
        "trouble": recipient and queries.mail_trouble(recipient),
    }
    return render(request, "notifications/deliveries.html", context)


def _recipient(request: OrganizationRequest) -> Person | None:
    """Whose mails alone are asked for; nobody's in particular where that is no person."""
    asked = request.GET.get("to", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return None
    people = Person.objects.visible_to(request.person).select_related("user")
    person: Person | None = people.filter(pk=int(asked)).first()
    return person


@require_POST
def delivery_retry(request: OrganizationRequest, organization: str, delivery_id: int) -> HttpResponse:
    _refuse_others(request)
    delivery = get_object_or_404(Delivery.objects.filter(organization=request.organization), pk=delivery_id)
    if actions.retry_delivery(delivery=delivery, by=request.person):
        ring(tell, request.organization.pk)
        messages.success(request, f"The mail to {delivery.address} is on its way again.")
    else:
        messages.warning(request, "This mail was not given up, so there is nothing to try again.")
    return redirect(f"{reverse('notifications:deliveries', args=[organization])}?{request.GET.urlencode()}")


@require_POST
def retry_all(request: OrganizationRequest, organization: str) -> HttpResponse:
    """What was given up and is asked for in the address, of all pages of the list."""
    _refuse_others(request)
    find = FindMailForm(request.GET, by=request.person)
    if find.is_valid():
        found = in_tab(find_mails(recipient=_recipient(request), **find.asked()), "problems")
        again = actions.retry_deliveries(deliveries=found, by=request.person)
        ring(tell, request.organization.pk)
        messages.success(request, f"{again:,} {'mail is' if again == 1 else 'mails are'} on the way again.")
    return redirect(f"{reverse('notifications:deliveries', args=[organization])}?{request.GET.urlencode()}")


@require_POST
def trust_address(request: OrganizationRequest, organization: str, stopped_id: int) -> HttpResponse:
    """Mail goes to the address again, as an administrator says that it arrives."""
    _refuse_others(request)
    stopped = get_object_or_404(StoppedAddress, pk=stopped_id)
    if bouncing.trust_address(stopped=stopped, by=request.person):
        messages.success(request, f"Mail goes to {stopped.address} again.")
    else:
        messages.warning(request, f"Mail went to {stopped.address} again already.")
    return redirect(f"{reverse('notifications:deliveries', args=[organization])}?show=back")


def sees_deliveries(request: OrganizationRequest) -> bool:
    return request.person.can(Capability.MANAGE_PEOPLE) or request.person.can(Capability.MANAGE_BADGES)


def _refuse_others(request: OrganizationRequest) -> None:
    if not sees_deliveries(request):
        raise PermissionDenied
