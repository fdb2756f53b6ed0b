"""A badge copied whole: what it says, its rule, and the words of its mails."""

from django.db import transaction

from badges.models import Badge
from notifications.actions import save_text
from notifications.models import NoticeText
from people.models import Person
from rules import actions


@transaction.atomic
def copy_badge(*, badge: Badge, name: str, by: Person) -> Badge:
    """As `rules.actions.copy_badge`, with the texts that are the badge's own, in each language."""
    copy = actions.copy_badge(badge=badge, name=name, by=by)
    for text in NoticeText.objects.filter(badge=badge):
        save_text(
            organization=badge.organization,
            kind=text.kind,
            badge=copy,
            language=text.language,
            subject=text.subject,
            body=text.body,
            html=text.html,
            by=by,
        )
    return copy
