"""What administrators should know about somebody's mail, for pages of storeys below."""

from typing import Any

from django import template
from django.template import Context

from notifications.queries import mail_trouble
from people.models import Person

register = template.Library()


@register.inclusion_tag("notifications/_mail_trouble_of.html", takes_context=True)
def mail_trouble_of(context: Context, person: Person) -> dict[str, Any]:
    """Nothing where mail to the person arrives."""
    around: dict[Any, Any] = context.flatten()
    return {**around, "trouble": mail_trouble(person), "to_mails": True}
