from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from people.queries import organizations_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page shows: organizations to switch to, and what one may do."""
    person = getattr(request, "person", None)
    user = getattr(request, "user", None)
    return {
        "demo": settings.DEMO,
        "person": person,
        "organization": getattr(request, "organization", None),
        "can": {capability.value: True for capability in person.capabilities} if person else {},
        "organizations": SimpleLazyObject(
            lambda: organizations_of(user.pk) if user and user.is_authenticated else []
        ),
    }
