from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from badges.nominations_told import outcomes_count, to_decide_count


def nominations(request: HttpRequest) -> dict[str, Any]:
    """How many nominations wait for whoever is logged in, and how many of their own were decided on."""
    person = getattr(request, "person", None)
    if person is None:
        return {}
    decides = person.gives_by_hand
    return {
        "to_decide_count": SimpleLazyObject(lambda: to_decide_count(person)) if decides else 0,
        "outcomes_count": SimpleLazyObject(lambda: outcomes_count(person)),
    }
