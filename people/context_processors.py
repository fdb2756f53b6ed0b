from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page shows: organizations to switch to, and what one may do."""
    person = getattr(request, "person", None)
    return {
        "demo": settings.DEMO,
        "person": person,
        "organization": getattr(request, "organization", None),
        "can": {capability.value: True for capability in person.capabilities} if person else {},
        "organizations": getattr(request, "organizations", []),
    }
