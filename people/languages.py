"""The languages in which people are written to. Pages are in English."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.utils import translation

from people.audit import note
from people.models import LANGUAGES, Person, User
from people.tenancy import own_memberships


def language_of(person: Person) -> str:
    """The person's own, or their organization's; never what a browser asks for."""
    return person.language or person.organization.language


@contextmanager
def speaking(person: Person) -> Iterator[None]:
    """Words and dates are in the person's language."""
    with translation.override(language_of(person)):
        yield


def language_of_login(address: str) -> str:
    """What a login chose in any of its organizations, or what the first of these speaks."""
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        return settings.LANGUAGE_CODE
    with own_memberships(user.pk):
        rows = Person._base_manager.filter(user=user).order_by("pk").select_related("organization")
        persons = list(rows)
    spoken = [person.language for person in persons] + [person.organization.language for person in persons]
    return next(filter(None, spoken), settings.LANGUAGE_CODE)


def name_of(language: str) -> str:
    return dict(LANGUAGES)[language]


@transaction.atomic
def choose_language(*, person: Person, language: str) -> None:
    """A person's own choice; "" for whatever the organization speaks."""
    if person.language != language:
        Person.objects.filter(pk=person.pk).update(language=language)
        person.language = language
        note(person, "language.chosen", person, language=language)
