"""What forms say where Django would say it in its own words: `locale/en_GB`."""

import re
from pathlib import Path

import django
import pytest
from babel.messages.pofile import read_po
from django import forms
from django.http import QueryDict

from config.catalogs import OF_FORMS, catalog, compiled, path_of, said_by, word_of
from people.fields import joined
from people.text import plain_text

GAP = re.compile(r"%\(\w+\)[sd]")
CHOICES = [("a", "A"), ("b", "B")]


class EveryForm(forms.Form):
    name = forms.CharField(max_length=3, min_length=2, validators=[plain_text])
    mail = forms.EmailField()
    many = forms.IntegerField(min_value=1, max_value=9)
    cost = forms.DecimalField(max_digits=4, decimal_places=1)
    day = forms.DateField()
    at = forms.TimeField()
    one = forms.ChoiceField(choices=CHOICES)
    some = forms.MultipleChoiceField(choices=CHOICES)
    file = forms.FileField()


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("name", "", "Please fill this in."),
        ("name", "long", "This has 4 characters. Write at most 3."),
        ("name", "x", "This is too short. Write at least 2 characters."),
        ("name", "a\0", "Please take out the invisible or control characters."),
        ("mail", "x", "Write an e-mail address such as name@example.org."),
        ("many", "few", "Write a whole number, such as 12."),
        ("many", "0", "Write 1 or more."),
        ("many", "10", "Write 9 or less."),
        ("cost", "much", "Write a number, such as 12.5."),
        ("cost", "12345", "Write at most 4 digits."),
        ("cost", "1.25", "Write at most 1 digit after the point."),
        ("day", "soon", "Write a day such as 2026-03-31."),
        ("at", "noon", "Write a time such as 07:30."),
        ("one", "c", "“c” cannot be chosen. Choose from the list."),
        ("some", "c", "“c” cannot be chosen. Choose from the list."),
        ("file", "", "Please fill this in."),
    ],
)
def test_a_form_says_what_to_do(name: str, given: str, said: str) -> None:
    data = QueryDict(mutable=True)
    data[name] = given
    assert joined(EveryForm(data)[name]) == said


def test_each_of_these_is_something_that_django_says() -> None:
    file = Path(django.__file__).parent / "conf/locale/en/LC_MESSAGES/django.po"
    with file.open("rb") as words:
        known = {word_of(message) for message in read_po(words)}
    ours = [message for message in catalog(OF_FORMS) if message.id]
    assert [message.id for message in ours if word_of(message) not in known] == []
    for message in ours:
        wanted = set(GAP.findall(str(message.id)))
        assert [set(GAP.findall(form)) - wanted for form in said_by(message)] == [set()] * len(
            said_by(message)
        )
        assert all(said_by(message))


def test_what_is_compiled_is_what_is_written() -> None:
    assert path_of(OF_FORMS).with_suffix(".mo").read_bytes() == compiled(catalog(OF_FORMS))
