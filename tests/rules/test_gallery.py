"""The gallery: every preset says something true, is taken over once, and works on a record."""

import io
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from activity.actions import Delivery, record_activities
from activity.models import Activity
from badges.defining import edit_badge
from badges.designs import DESIGNS
from badges.drawing import compose
from badges.icons import icon
from badges.models import Award, Badge
from integrations.actions import import_activities, import_people
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import evaluate_pending, evaluate_people, reconcile_rule
from rules.actions_gallery import take_over, with_needs
from rules.criteria import badges_named, in_order, kinds_named, parse, to_json
from rules.gallery import by_hand, rule_of
from rules.models import Rule, RuleVersion
from rules.presets import GALLERY, STARTERS, THEMES, Preset
from rules.sentences import Names, sentence
from tests.factories import BadgeFactory, OrganizationFactory, PersonFactory

RECORD = Path(__file__).resolve().parents[3] / "shared" / "data" / "healthchecks"
NAMES = Names(badges={slug: preset.name for slug, preset in GALLERY.items()})
PRESETS = list(GALLERY.values())
BY_RULE = [preset for preset in PRESETS if preset.definition is not None]


def slugs(presets: list[Preset]) -> list[str]:
    return [preset.slug for preset in presets]


# ---- what they say
def test_there_are_many_and_each_has_a_slug_and_a_name_of_its_own() -> None:
    everything = [preset for theme in THEMES for preset in theme.presets]
    assert len(everything) == len(GALLERY) >= 40
    assert len({preset.name for preset in everything}) == len(everything)
    assert len({theme.slug for theme in THEMES}) == len(THEMES)
    assert not {f"theme-{theme.slug}" for theme in THEMES} & GALLERY.keys()


def test_everybody_starts_with_the_same_four() -> None:
    said = [(preset.name, rule_of(preset.slug)) for preset in STARTERS]
    assert [(name, sentence(rule) if rule else "") for name, rule in said] == [
        (
            "Submitted First Improvement",
            "Given to anyone who has submitted at least 1 improvement. Kept for good.",
        ),
        (
            "Kaizen Burst",
            "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good.",
        ),
        (
            "1 Improvement per Month",
            "Given to anyone who has submitted at least 1 improvement. "
            "Kept as long as they have submitted at least 1 improvement within 1 month.",
        ),
        ("HIPAA Certified", ""),
    ]
    assert (STARTERS[3].mode, STARTERS[3].ends_after) == ("hand", "1 year")


@pytest.mark.parametrize("preset", BY_RULE, ids=lambda preset: preset.slug)
def test_every_rule_is_one_and_reads_as_a_sentence(preset: Preset) -> None:
    assert preset.definition is not None
    written = {"id": preset.slug, "name": preset.name, "repeatable": False, **preset.definition}
    rule = parse(written)
    assert (to_json(rule), parse(to_json(rule))) == (to_json(parse(to_json(rule))), rule)
    assert set(preset.needs) == badges_named(rule.criterion)
    said = sentence(rule, NAMES)
    assert said.startswith("Given to anyone who ")
    assert said.endswith(".")
    assert [slug for slug in preset.needs if slug in said] == []
    assert [word for word in ("None", "_", "  ", "{", "..") if word in said] == []
    assert [kind for kind in kinds_named(rule) or () if kind in said] == []


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_every_text_fits_and_every_emblem_is_there(preset: Preset) -> None:
    badge = Badge(
        slug=preset.slug, name=preset.name, description=preset.description, criteria=preset.criteria,
        kind=preset.kind, mode=preset.mode, ends_after=preset.ends_after,
    )  # fmt: skip
    badge.clean_fields(exclude=["organization", "created_at"])
    assert preset.criteria.endswith(".")
    assert (preset.mode == "hand") == (preset.definition is None)
    assert DESIGNS[preset.emblem].kind == preset.kind


def test_by_hand_is_said_with_its_end() -> None:
    assert by_hand(GALLERY["hipaa-certified"]) == (
        "Given by hand. Complete the HIPAA training and pass its test. Ends 1 year after it was given."
    )


def test_ladders_and_needs_lead_to_presets_and_never_in_a_circle() -> None:
    assert {preset.supersedes for preset in PRESETS} - {""} - GALLERY.keys() == set()
    rules = {slug: rule for slug in GALLERY if (rule := rule_of(slug))}
    ordered = [rule.id for rule in in_order(rules)]
    assert sorted(ordered) == sorted(rules)
    for preset in PRESETS:
        below, rungs = preset, [preset.slug]
        while below.supersedes:
            below = GALLERY[below.supersedes]
            rungs.append(below.slug)
        assert len(set(rungs)) == len(rungs)
    belts = ["white-belt", "yellow-belt", "green-belt", "black-belt", "master-black-belt"]
    assert slugs(list(with_needs(GALLERY["master-black-belt"]))) == belts


# ---- what they look like
@pytest.mark.parametrize("name", DESIGNS)
def test_every_emblem_is_drawn_from_its_design(name: str) -> None:
    file = Path(settings.BASE_DIR, "badges", "presets", f"{name}.png")
    assert file.stat().st_size <= 25_000
    with Image.open(file) as picture:
        assert (picture.format, picture.size) == ("PNG", (384, 384))
    drawn = Path(settings.BASE_DIR, "static", "emblems", f"{name}.svg").read_text()
    assert drawn == compose(DESIGNS[name], icon(DESIGNS[name].icon))


# ---- taking them over
def test_one_is_taken_over_with_its_emblem_rule_and_texts(inside: Organization, alice: Person) -> None:
    (badge,) = take_over(organization=inside, preset=GALLERY["project-leader"], by=alice)
    assert (badge.slug, badge.name, badge.kind, badge.mode, badge.ends_after) == (
        "project-leader", "Project Leader", "honour", "both", "2 years",
    )  # fmt: skip
    assert badge.emblem is not None
    assert Rule.objects.get(badge=badge).current == 1


def test_twice_is_once(inside: Organization, alice: Person) -> None:
    assert len(take_over(organization=inside, preset=GALLERY["kaizen-burst"], by=alice)) == 1
    assert take_over(organization=inside, preset=GALLERY["kaizen-burst"], by=alice) == []
    assert (Badge.objects.count(), Rule.objects.get().current) == (1, 1)


def test_what_it_looks_at_comes_along(inside: Organization, alice: Person) -> None:
    take_over(organization=inside, preset=GALLERY["white-belt"], by=alice)
    made = take_over(organization=inside, preset=GALLERY["green-belt"], by=alice)
    assert [badge.slug for badge in made] == ["yellow-belt", "green-belt"]
    assert lower() == {"white-belt": [], "yellow-belt": ["white-belt"], "green-belt": ["yellow-belt"]}


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["5-improvements", "10-improvements", "25-improvements"]))
)
def test_rungs_find_each_other_in_any_order(
    inside: Organization, alice: Person, order: tuple[str, ...]
) -> None:
    for slug in order:
        take_over(organization=inside, preset=GALLERY[slug], by=alice)
    assert lower() == {
        "5-improvements": [], "10-improvements": ["5-improvements"], "25-improvements": ["10-improvements"],
    }  # fmt: skip


def lower() -> dict[str, list[str]]:
    return {badge.slug: [one.slug for one in badge.supersedes] for badge in Badge.objects.all()}


def test_rungs_in_somebodys_own_order_stay_so(inside: Organization, alice: Person) -> None:
    (ten,) = take_over(organization=inside, preset=GALLERY["10-improvements"], by=alice)
    own = BadgeFactory(organization=inside, slug="own")
    edit_badge(badge=ten, by=alice, supersedes=[own])
    take_over(organization=inside, preset=GALLERY["5-improvements"], by=alice)
    assert ten.supersedes == [own]


def test_a_namesake_is_named_and_nothing_is_taken(inside: Organization, alice: Person) -> None:
    BadgeFactory(organization=inside, slug="our-black-belt", name="black belt")
    with pytest.raises(Refused, match="already called black belt"):
        take_over(organization=inside, preset=GALLERY["master-black-belt"], by=alice)
    assert Badge.objects.count() == 1


# ---- the page
def test_a_badge_administrator_takes_one_over_from_the_page(
    as_alice: Client, organization: Organization
) -> None:
    assert "/riverside/badges/gallery/" in as_alice.get("/riverside/badges/").content.decode()
    page = as_alice.get("/riverside/badges/gallery/").content.decode()
    assert page.count('name="preset"') == len(GALLERY)
    assert "You have it" not in page
    assert "Takes White Belt along" in page
    assert "Counts “Training completed”, of which nothing is on record yet." in page
    response = as_alice.post("/riverside/badges/gallery/", {"preset": "yellow-belt"})
    assert (response.status_code, response["Location"]) == (302, "/riverside/badges/gallery/#yellow-belt")
    page = as_alice.get("/riverside/badges/gallery/").content.decode()
    assert "Yellow Belt is yours, and so is White Belt." in page
    assert page.count("You have it") == 2
    assert '<a href="/riverside/badges/yellow-belt/">Yellow Belt</a>' in page
    as_alice.post("/riverside/badges/gallery/", {"preset": "yellow-belt"})
    with tenant(organization):
        assert sorted(Badge.objects.values_list("slug", flat=True)) == ["white-belt", "yellow-belt"]


def test_a_namesake_is_told_on_the_page(as_alice: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, name="Coach", slug="our-coach")
    page = as_alice.post("/riverside/badges/gallery/", {"preset": "coach"}, follow=True).content.decode()
    assert "Another badge is already called Coach. Rename it first." in page


@pytest.mark.parametrize("preset", ["", "nothing", "\0", "x" * 10_000, "../coach"])
def test_nonsense_is_not_found(as_alice: Client, organization: Organization, preset: str) -> None:
    assert as_alice.post("/riverside/badges/gallery/", {"preset": preset}).status_code == 404
    with tenant(organization):
        assert Badge.objects.count() == 0


def test_only_badge_administrators_see_it(
    as_bob: Client, as_charlie: Client, organization: Organization
) -> None:
    assert "/badges/gallery/" not in as_bob.get("/riverside/badges/").content.decode()
    for client, status in ((as_bob, 403), (as_charlie, 404)):
        assert client.get("/riverside/badges/gallery/").status_code == status
        assert client.post("/riverside/badges/gallery/", {"preset": "coach"}).status_code == status
    assert as_charlie.get("/halden/badges/gallery/").status_code == 200
    with tenant(organization):
        assert Badge.objects.count() == 0


def test_the_address_is_no_badges(as_alice: Client, organization: Organization) -> None:
    assert as_alice.post("/riverside/badges/new/", {
        "name": "Gallery", "description": "One.", "kind": "step", "mode": "hand", "ends_unit": "year",
    })["Location"] == "/riverside/badges/gallery-2/"  # fmt: skip


def test_it_asks_as_much_for_none_as_for_all(
    as_alice: Client, alice: Person, organization: Organization
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get("/riverside/badges/gallery/").status_code == 200
        return len(captured)

    asked()
    before = asked()
    with tenant(organization):
        for preset in PRESETS:
            take_over(organization=organization, preset=preset, by=alice)
    page = as_alice.get("/riverside/badges/gallery/").content.decode()
    assert (page.count("You have it"), page.count('name="preset"')) == (len(GALLERY), 0)
    assert asked() == before


# ---- at work
def deeds(person: Person, preset: Preset, start: datetime) -> Iterator[Delivery]:
    """What a rule counts, a little of everything, on thirty days."""
    rule = rule_of(preset.slug)
    kinds: list[str] = sorted(kinds_named(rule) or ()) if rule else []
    for number, kind in itertools.product(range(30), kinds):
        yield Delivery(
            person_external_id=person.external_id,
            kind=kind,
            occurred_at=start + timedelta(days=number),
            external_id=f"{preset.slug}/{kind}/{number}",
            role=["author", "leader", "team_member"][number % 3],
            value=5000 if kind.startswith("saving") else 5,
            attributes={
                "course": ["White Belt", "Yellow Belt", "First Aid", "5S"][number % 4],
                "standard": "5S", "method": "A3", "sort": ["motion", "waiting"][number % 2],
            },
        )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("preset", BY_RULE, ids=lambda preset: preset.slug)
def test_every_preset_back_fills_once(inside: Organization, preset: Preset) -> None:
    person: Any = PersonFactory(organization=inside, joined_on=datetime(2001, 1, 1, tzinfo=UTC).date())
    made = take_over(organization=inside, preset=preset, by=None)
    for number, badge in enumerate(made):
        start = datetime(2025, 3, 3, 9, tzinfo=UTC) + timedelta(days=31 * number)
        given = list(deeds(person, GALLERY[badge.slug], start))
        if given:
            record_activities(organization=inside, source="test", deliveries=given)
    rules = [Rule.objects.get(badge=badge) for badge in made]
    first = [reconcile_rule(rule=rule) for rule in rules]
    found = list(Award.objects.order_by("pk").values())
    assert sum(changes.granted for changes in first) == len(found)
    again = [reconcile_rule(rule=rule) for rule in rules]
    assert [(changes.granted, changes.changed, changes.ended) for changes in again] == [(0, 0, 0)] * len(made)
    assert list(Award.objects.order_by("pk").values()) == found


def awarded(**which: Any) -> set[tuple[Any, ...]]:
    """Awards of the organization that is open, by names that do not depend on when a row was written."""
    names = dict(Activity.objects.values_list("pk", "external_id"))
    fields = ["badge__slug", "person__external_id", "key", "starts_at", "expires_at", "ended_at", "evidence"]
    rows = Award.objects.filter(**which).values_list(*fields)
    return {(*row[:-1], frozenset(names[activity] for activity in row[-1])) for row in rows}


def peopled() -> Organization:
    organization: Organization = OrganizationFactory()
    with tenant(organization), (RECORD / "people.csv").open("rb") as file:
        import_people(organization=organization, file=file)
    return organization


def put_everything_in_force(organization: Organization) -> None:
    """As though all presets had been taken over, without their pictures and everybody's evaluation by each."""
    own: dict[str, Any] = {"organization": organization}
    for preset in PRESETS:
        badge = BadgeFactory(**own, slug=preset.slug, name=preset.name, kind=preset.kind, mode=preset.mode)
        if rule := rule_of(preset.slug):
            row = Rule.objects.create(**own, badge=badge, current=1)
            RuleVersion.objects.create(**own, rule=row, number=1, definition=to_json(rule), made_at=now())
    everybody = Person.objects.filter(**own).values_list("pk", flat=True)
    evaluate_people(organization=organization, person_ids=everybody)


@pytest.mark.skipif(not RECORD.exists(), reason="the record is not at hand")
@pytest.mark.django_db
def test_a_real_record_gives_the_same_awards_however_it_arrives() -> None:
    """Once the record is there before the presets, once it comes after them, shuffled and in parts."""
    lines = (RECORD / "activities.csv").read_bytes().splitlines(keepends=True)
    head, lines = lines[0], lines[1:]
    shuffled = random.Random(4).sample(lines, len(lines))

    def arrive(some: list[bytes]) -> None:
        file = io.BytesIO(head + b"".join(some))
        import_activities(organization=organization, file=file, source="git")

    organization = peopled()
    with tenant(organization):
        arrive(lines)
        put_everything_in_force(organization)
        back_filled, held = awarded(), awarded(ended_at=None)
    organization = peopled()
    with tenant(organization):
        put_everything_in_force(organization)
        for part in (shuffled[::2], shuffled[1::2]):
            arrive(part)
            evaluate_pending(organization=organization)
        assert awarded(ended_at=None) == held
        # What stood for a while, until the rest of the record came, is over and stays in the history.
        assert back_filled - awarded() == set()
    assert (len(back_filled) > 500, len(held) > 200) == (True, True)
