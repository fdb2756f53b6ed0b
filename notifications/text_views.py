"""Where badge administrators put mails into their own words."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from badges.models import Badge
from notifications import actions
from notifications.mailbox_views import MAIL_CSP
from notifications.messages import html_of
from notifications.models import NoticeText, TextKind
from notifications.queries import latest_test
from notifications.queueing import mail_address
from notifications.samples import awards_for, sample
from notifications.tasks import tell
from notifications.text_forms import WORDS, TextForm
from notifications.texts import OWN_WORDS, PLACEHOLDERS
from people.access import OrganizationRequest, requires
from people.bells import ring
from people.models import LANGUAGES
from people.roles import Capability

# Where the session keeps the words last tried out, for the frame that shows them.
DRAFT = "notice_text"
EVERYBODY = "All others"
WHEN = {
    TextKind.EARNED: "When a badge is earned",
    TextKind.ENDED: "When a badge has ended",
    TextKind.TAKEN_BACK: "When a badge was taken back",
    TextKind.ENDS_SOON: "When a badge is about to end",
    TextKind.TEAM_ENDS_SOON: "When a badge is about to end, to the manager",
}


@require_safe
@requires(Capability.MANAGE_BADGES)
def text_list(request: OrganizationRequest, organization: str) -> HttpResponse:
    texts = list(NoticeText.objects.select_related("badge"))
    general = {text.kind: text for text in texts if text.badge_id is None and not text.language}
    context = {
        "kinds": [(kind.value, when, general.get(kind.value)) for kind, when in WHEN.items()],
        "of_badges": [
            (text, WHEN[TextKind(text.kind)]) for text in texts if text.badge_id is not None or text.language
        ],
        "badges": _badges(request),
    }
    return render(request, "notifications/texts.html", context)


@require_safe
@requires(Capability.MANAGE_BADGES)
def text_new(request: OrganizationRequest, organization: str) -> HttpResponse:
    """From the choice of a badge and a kind to the page of their text."""
    kind, slug = request.GET.get("kind", ""), request.GET.get("badge", "")
    if kind not in TextKind.values or not _badges(request).filter(slug=slug.replace("\x00", "")).exists():
        return redirect("notifications:texts", organization)
    return redirect(f"{reverse('notifications:text', args=[organization, kind])}?badge={slug}")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_BADGES)
def text_edit(request: OrganizationRequest, organization: str, kind: str) -> HttpResponse:
    """One text: saved, tried out on a real award, sent to oneself, or given up for the words before it."""
    badge, language, text = _found(request, kind)
    form = _form(request, kind, badge, text)
    is_sound = form.is_valid()
    if form.is_bound and "preview" not in request.POST and not form.is_late():
        if "remove" in request.POST:
            return _remove(request, text)
        if is_sound:
            return _save(request, form, badge, language)
    award = None if form.errors else form.chosen_award()
    context = {
        "form": form,
        "badge": badge,
        "stored": text,
        "when": WHEN[TextKind(kind)],
        "placeholders": [(f"{{{name}}}", says) for name, says in PLACEHOLDERS[kind].items()],
        "shown": award and sample(award, form.as_text()),
        "latest_test": latest_test(request.person),
        "drafted": form.is_bound,
        "written_in": language,
        "languages": [("", EVERYBODY), *LANGUAGES],
    }
    if award is not None and form.is_bound:
        request.session[DRAFT] = form.draft()
    return render(request, "notifications/text.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.MANAGE_BADGES)
@xframe_options_sameorigin
@csp_override(MAIL_CSP)
def text_shown(request: OrganizationRequest, organization: str, kind: str) -> HttpResponse:
    """The HTML of the mail as it would arrive, for a frame: of what is stored, or of the draft last tried out."""
    badge, _, text = _found(request, kind)
    draft = request.session.get(DRAFT) if "draft" in request.GET else None
    form = _form(request, kind, badge, text, draft)
    if form.is_bound and not form.is_valid():
        raise Http404
    award = form.chosen_award()
    if award is None:
        raise Http404
    return HttpResponse(html_of(sample(award, form.as_text())))


def _badges(request: OrganizationRequest) -> Any:
    return Badge.objects.visible_to(request.person).exclude(state="withdrawn")


def _found(request: OrganizationRequest, kind: str) -> tuple[Badge | None, str, NoticeText | None]:
    language = request.GET.get("language", "")
    if kind not in TextKind.values or (language and language not in dict(LANGUAGES)):
        raise Http404
    slug = request.GET.get("badge", "").replace("\x00", "")
    badge = get_object_or_404(_badges(request), slug=slug) if slug else None
    return badge, language, NoticeText.objects.filter(kind=kind, badge=badge, language=language).first()


def _form(
    request: OrganizationRequest,
    kind: str,
    badge: Badge | None,
    text: NoticeText | None,
    draft: dict[str, str] | None = None,
) -> TextForm:
    text = text or NoticeText.objects.filter(kind=kind, badge=None, language="").first()
    subject, body, html = (text.subject, text.body, text.html) if text else (*OWN_WORDS[kind], "")
    awards = awards_for(kind, badge.pk if badge else None, request.person)
    data = request.POST if request.method == "POST" else draft
    initial = {"subject": subject, "body": body, "html": html}
    return TextForm(data, kind=kind, awards=awards, initial=initial)


def _save(request: OrganizationRequest, form: TextForm, badge: Badge | None, language: str) -> HttpResponse:
    said = {name: form.cleaned_data[name] for name in WORDS}
    text = actions.save_text(
        organization=request.organization,
        kind=form.kind,
        badge=badge,
        language=language,
        by=request.person,
        **said,
    )
    messages.success(request, "The text is saved. Mails that go out from now on say it.")
    if "test" in request.POST:
        _send(request, text, form)
    return redirect(request.get_full_path())


def _send(request: OrganizationRequest, text: NoticeText, form: TextForm) -> None:
    award, address = form.chosen_award(), mail_address(request.person)
    if award is None or not address:
        missing = "you have no e-mail address" if award else "nobody has such a badge yet"
        messages.warning(request, f"No test mail went out, because {missing}.")
        return
    actions.queue_test(text=text, award=award, by=request.person)
    ring(tell, request.organization.pk)
    messages.success(request, f"A test mail is on its way to {address}.")


def _remove(request: OrganizationRequest, text: NoticeText | None) -> HttpResponse:
    if text is not None:
        actions.remove_text(text=text, by=request.person)
        messages.success(request, "The text is removed.")
    return redirect("notifications:texts", request.organization.slug)
