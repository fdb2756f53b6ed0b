from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications.queries import banner, latest_notices, stopped_address, unread_count


def notices(request: HttpRequest) -> dict[str, Any]:
    """A member's own notices, asked for where a template shows them: one query each, whatever there is."""
    person = getattr(request, "person", None)
    if person is None:
        return {}
    return {
        "unread_count": SimpleLazyObject(lambda: unread_count(person)),
        "own_address_stopped": SimpleLazyObject(lambda: stopped_address(person)),
        "award_banner": lambda: banner(latest_notices(person)),
    }
