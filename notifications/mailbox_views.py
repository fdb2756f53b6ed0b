"""Everybody's mail, for a demo on one's own machine: nobody is asked to log in, as nobody is at a postbox."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from notifications.mailbox import Opened, entries, opened

PAGE = 50
# A mail has inline styles and carries its pictures; it runs nothing, sends nothing and loads nothing.
MAIL_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    recipient = request.GET.get("to", "").strip()[:254]
    mails = list(entries())
    everybody = sorted({address for mail in mails for address in mail.to})
    shown = [mail for mail in mails if not recipient or mail.is_to(recipient)]
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "recipient": recipient, "everybody": everybody}
    return render(request, "notifications/mailbox/list.html", context)


@require_safe
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    mail = _mail(name)
    as_text = not mail.html or request.GET.get("as") == "text"
    return render(request, "notifications/mailbox/detail.html", {"mail": mail, "as_text": as_text})


@require_safe
@xframe_options_sameorigin
@csp_override(MAIL_CSP)
def mail_body(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail as it came. Its links open outside the frame."""
    return HttpResponse(_mail(name).html.replace("<head>", '<head><base target="_blank">', 1))


def _mail(name: str) -> Opened:
    mail = opened(name)
    if mail is None:
        raise Http404
    return mail
