"""What an organization calls its kinds of activity, and where its words are read."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from activity.crediting import OWN_KINDS
from activity.kinds import known_kinds
from activity.models import Kind
from activity.steps import submit_improvement
from badges.models import Badge
from people.models import AuditEntry, Person
from people.tenancy import tenant
from rules.forms_parts import ROLES, offers
from rules.queries import names_of
from rules.sentences import sentence
from tests.factories import BadgeFactory, KindFactory

KINDS = "/riverside/settings/kinds/"
RULE = {
    "id": "two",
    "criterion": {"type": "count", "at_least": 2, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}


def test_lapels_own_are_known_before_the_first(as_alice: Client, alice: Person) -> None:
    listed = as_alice.get(KINDS).context["kinds"]
    assert {known.kind.name for known in listed if known.own} == OWN_KINDS
    assert [known.kind.name for known in listed if known.kind.expects_value] == [
        "improvement.implemented", "improvement.verified", "project.completed", "project.verified",
    ]  # fmt: skip
    with tenant(alice.organization):
        assert not Kind.objects.exists()


def test_what_arrives_unnamed_stands_first(as_alice: Client, alice: Person) -> None:
    KindFactory(organization=alice.organization, name="audit.passed", label="5S audit passed")
    KindFactory(organization=alice.organization, name="zz.top")
    first, second, *_ = as_alice.get(KINDS).context["kinds"]
    assert [(one.kind.name, one.unnamed) for one in (first, second)] == [
        ("zz.top", True), ("audit.passed", False),
    ]  # fmt: skip
    assert as_alice.post(f"{KINDS}zz.top/", {"label": "Summit reached"}).status_code == 302
    assert "Not named yet" not in as_alice.get(KINDS).content.decode()


def test_a_kind_is_added_and_named(as_alice: Client, alice: Person) -> None:
    said = {"name": "training.hours", "label": "Training", "expects_value": "on", "unit": "hours"}
    assert as_alice.post(KINDS, said).status_code == 302
    assert as_alice.post(f"{KINDS}training.hours/", {"label": "Course", "unit": "hours"}).status_code == 302
    with tenant(alice.organization):
        kind = Kind.objects.get()
        assert (kind.label, kind.expects_value, kind.unit) == ("Course", False, "")
        assert AuditEntry.objects.filter(action="kind.named").count() == 2


def test_lapels_own_get_another_label_and_keep_the_rest(as_alice: Client, alice: Person) -> None:
    page = f"{KINDS}improvement.verified/"
    assert list(as_alice.get(page).context["form"].fields) == ["label", "unit"]
    assert list(as_alice.get(f"{KINDS}event.attended/").context["form"].fields) == ["label"]
    assert as_alice.post(page, {"label": "Saving proven", "unit": "dollars"}).status_code == 302
    with tenant(alice.organization):
        kind = Kind.objects.get()
        assert (kind.name, str(kind), kind.expects_value, kind.unit) == (
            "improvement.verified", "Saving proven", True, "dollars",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Give it a name"), ("name", "walk", "small letters and a dot"), ("name", "A.b", "small letters"),
        ("name", "a." + "b" * 60, "at most 60"), ("name", "a.b\n", "already"), ("name", "event.attended", "already"),
        ("label", "a\u202eb", "invisible"), ("label", "\0", "invisible"), ("label", "x" * 101, "at most 100"),
        ("unit", "x" * 21, "at most 20"), ("unit", "a\u200fb", "invisible"),
        ("unit", "km", "Tick that each one has a value"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_stored(
    as_alice: Client, alice: Person, field: str, value: str, message: str
) -> None:
    KindFactory(organization=alice.organization, name="a.b")
    answer = as_alice.post(KINDS, {"name": "new.kind", "label": "", "unit": "", field: value})
    assert (answer.status_code, message in str(answer.context["form"].errors.get(field))) == (422, True)
    with tenant(alice.organization):
        assert Kind.objects.count() == 1


@pytest.mark.parametrize("name", ["nothing.known", "x", "\0", "a" * 500])
def test_what_nobody_knows_is_not_found(as_alice: Client, name: str) -> None:
    assert as_alice.get(f"{KINDS}{name}/").status_code == 404


def test_a_unit_needs_a_value(alice: Person) -> None:
    with tenant(alice.organization), pytest.raises(IntegrityError, match="kind_unit"), transaction.atomic():
        Kind.objects.create(organization=alice.organization, name="a.b", unit="hours")


def test_labels_are_read_in_sentences_choices_and_on_items(as_bob: Client, bob: Person) -> None:
    badge = BadgeFactory(organization=bob.organization)
    with tenant(bob.organization):
        submit_improvement(author=bob, title="Red lids")
        assert sentence(RULE, names_of(bob.organization)).startswith(
            "Given to anyone who has submitted at least 2 improvements."
        )
        Kind.objects.update(label="Idea handed in")
        assert "done at least 2 things (“Idea handed in”)" in sentence(RULE, names_of(bob.organization))
        choices = dict(offers(bob.organization, Badge.objects.get(pk=badge.pk)).kinds)
        assert choices["improvement.submitted"] == "Idea handed in"
        assert choices.keys() >= {*OWN_KINDS, "training.completed"}
        assert {"attendee", "facilitator"} <= dict(ROLES).keys()
        assert len(known_kinds(bob.organization)) == len(OWN_KINDS)
    assert "Idea handed in, as author" in as_bob.get("/riverside/improvements/1/").content.decode()
