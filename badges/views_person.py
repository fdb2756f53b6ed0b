"""The form of a person. It lives here because badges by hand are part of it, for those who give them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from badges.person_forms import PersonBadgesForm
from badges.person_work import BadgesRefused, edit_person_and_badges
from badges.surveys import may_give_to
from badges.views import form_page, posted
from people.access import OrganizationRequest
from people.changes import Refused
from people.models import Person
from people.signposts import kept_record
from people.taken import Taken
from people.views.people import editable, manages, person_form, show_person


@form_page
@manages
def edit(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    if not Person.objects.visible_to(request.person).filter(pk=person_id).exists():
        return redirect("administration:person", organization, kept_record(request.person, person_id).pk)
    person = editable(request, person_id)
    form, badges = person_form(request, person), _badges(request, person)
    is_valid = request.method == "POST" and form.is_valid() & (badges is None or badges.is_valid())
    if is_valid and not form.is_overtaken(person, form.cleaned_data):
        changes = badges.changes() if badges else {}
        try:
            edit_person_and_badges(person=person, by=request.person, fields=form.cleaned_data, **changes)
        except BadgesRefused as refusal:
            badges.add_error("badges", str(refusal))  # type: ignore[union-attr]
        except Refused as refusal:
            form.add_error(refusal.field if isinstance(refusal, Taken) else "manager", str(refusal))
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            return redirect("administration:person", organization, person_id)
    return show_person(request, person, form, badges=badges)


def _badges(request: OrganizationRequest, person: Person) -> PersonBadgesForm | None:
    """For those who may give badges to this person."""
    return PersonBadgesForm(posted(request), person=person) if may_give_to(request.person, person) else None
