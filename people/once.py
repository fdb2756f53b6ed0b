"""A form that is sent twice counts once: by a second click, by going back, or because its answer was lost.

What makes something has a number of its own in its form (`{% once %}`). The first to bring it, with the words that it
brings, leaves a row in the transaction of what it makes. Whoever brings the same later, or at the same moment, waits
for that row and is led to where the first was led. Other words are another sending, so that nothing written is lost;
what was refused leaves no row.
"""

import hashlib
import json
from datetime import timedelta

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from people.clock import now
from people.models import Organization, Sending
from people.tenancy import tenant

FIELD = "once"
KEPT = timedelta(days=2)
AT_ONCE = 5_000
UNSAID = {"csrfmiddlewaretoken"}  # another one on each page


def digest_of(request: HttpRequest) -> str:
    """Of who sends what where; "" where the form has no number."""
    if request.method != "POST" or not request.POST.get(FIELD):
        return ""
    said = sorted((name, values) for name, values in request.POST.lists() if name not in UNSAID)
    files = sorted((name, file.name, _digest(file)) for name, all_ in request.FILES.lists() for file in all_)
    whole = [request.person.pk, request.get_full_path(), said, files]  # type: ignore[attr-defined]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def claim(organization: Organization, digest: str) -> tuple[Sending, bool]:
    """The row, and whether it is new; whoever is doing the same is waited for longer than for other locks."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        found = Sending.objects.get_or_create(
            organization=organization, digest=digest, defaults={"sent_at": now()}
        )
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return found


def settle(sending: Sending, response: HttpResponse) -> None:
    """Keep where it led; what led nowhere, as a form that only changed its looks, may be sent again."""
    sending.answer = response.headers.get("Location", "")
    if sending.answer:
        sending.save(update_fields=["answer"])
    else:
        sending.delete()


def answer_again(request: HttpRequest, sending: Sending) -> HttpResponse:
    messages.info(request, "That was sent twice, and counts once.")
    return redirect(sending.answer)


def forget_sendings(*, organization: Organization) -> None:
    """What nobody will send again, some thousands a transaction."""
    before = now() - KEPT
    while True:
        with tenant(organization):
            old = Sending.objects.filter(organization=organization, sent_at__lt=before)
            ids = list(old.order_by("sent_at").values_list("pk", flat=True)[:AT_ONCE])
            Sending.objects.filter(pk__in=ids).delete()
        if len(ids) < AT_ONCE:
            return


def _digest(file: object) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():  # type: ignore[attr-defined]
        digest.update(chunk)
    file.seek(0)  # type: ignore[attr-defined]
    return digest.hexdigest()
