"""The examples that a rule must meet, changed on the page where it is written."""

import re
from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404

from badges.models import Badge
from people.access import OrganizationRequest
from people.converters import Id
from rules.actions_trials import drop_example, set_example
from rules.forms_examples import ExampleForm
from rules.models import Example


def change_examples(request: OrganizationRequest, badge: Badge) -> dict[str, Any]:
    """Add one or forget one, as the button says that was pressed. What the page shows of it."""
    if "forget" in request.POST:
        number = request.POST["forget"]
        known = int(number) if re.fullmatch(Id.regex, number) else 0
        drop_example(example=get_object_or_404(Example, badge=badge, pk=known))
        messages.success(request, "The example is gone.")
        return {}
    form = ExampleForm(request.POST, prefix="example", organization=request.organization)
    if not form.is_valid():
        return {"example_form": form}
    should_hold = form.cleaned_data["should"] == "yes"
    example = set_example(badge=badge, person=form.cleaned_data["person"], should_hold=should_hold)
    messages.success(request, f"{example.person.name} is an example now.")
    return {"example_form": ExampleForm(prefix="example", organization=request.organization)}
