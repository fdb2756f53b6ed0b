from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from badges.nominations_told import to_decide


def nominations(request: HttpRequest) -> dict[str, Any]:
    """How many nominations wait for whoever is logged in; asked for those who decide on any."""
    person = getattr(request, "person", None)
    if person is None or not person.gives_by_hand:
        return {"to_decide_count": 0}
    return {"to_decide_count": SimpleLazyObject(lambda: to_decide(person).count())}
