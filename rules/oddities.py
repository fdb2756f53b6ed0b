"""What is odd about a rule in this organization: what it names is at rest, or not as the rule takes it to be."""

from collections.abc import Iterable, Iterator

from django.db.models import Exists, OuterRef

from activity.kinds import kinds_to_choose
from activity.models import Activity, Kind
from badges.models import Badge, BadgeState
from people.models import Organization, Placement
from rules.criteria import Holds, Rule, named_in
from rules.doubts import Doubt, kinds_counted, leaves

LOOKED_AT = 1_000
"""How many of a kind are looked at for one with a value."""


def odd_about(rule: Rule, organization: Organization) -> list[Doubt]:
    labels = kinds_to_choose(organization)
    named = named_in(rule)
    heard = _heard(organization, named.kinds)
    silent = {
        kind: f"Nothing of the kind “{labels.get(kind, kind)}” has ever arrived here."
        for kind in named.kinds - heard
    }
    by_value = {kind for _, kinds in kinds_counted(rule, by_value=True) for kind in kinds}
    worthless = {
        kind: f"“{labels.get(kind, kind)}” has come without a value so far, so it adds nothing here."
        for kind in _without_value(organization, heard & by_value)
    }
    return [
        *_told(kinds_counted(rule), silent),
        *_told(kinds_counted(rule, by_value=True), worthless),
        *_told(_badges_held(rule), _at_rest(organization, named.badges)),
        *_told([("for.titles", _titles(rule))], _never_had(organization, _titles(rule))),
    ]


def _told(places: Iterable[tuple[str, Iterable[str]]], told: dict[str, str]) -> Iterator[Doubt]:
    return (Doubt(path, told[name]) for path, names in places for name in names if name in told)


def _heard(organization: Organization, kinds: Iterable[str]) -> set[str]:
    arrived = Kind.objects.filter(Exists(Activity.objects.filter(kind=OuterRef("pk"))))
    return set(arrived.filter(organization=organization, name__in=kinds).values_list("name", flat=True))


def _without_value(organization: Organization, kinds: Iterable[str]) -> set[str]:
    """As far as some of each tell."""
    some = Activity.objects.filter(kind=OuterRef(OuterRef("pk")), voided_at=None).order_by()[:LOOKED_AT]
    worth = Activity.objects.filter(pk__in=some.values("pk"), value__isnull=False)
    found = Kind.objects.filter(~Exists(worth), organization=organization, name__in=kinds)
    return set(found.values_list("name", flat=True)) if kinds else set()


def _badges_held(rule: Rule) -> Iterator[tuple[str, Iterable[str]]]:
    return (
        (f"{path}.badges", leaf.badges) for path, leaf in leaves(rule.criterion) if isinstance(leaf, Holds)
    )


def _at_rest(organization: Organization, badges: Iterable[str]) -> dict[str, str]:
    found = Badge.objects.filter(organization=organization, slug__in=badges).exclude(state=BadgeState.ACTIVE)
    return {
        badge.slug: f"{badge} is {badge.get_state_display().lower()}: nobody new gets it." for badge in found
    }


def _titles(rule: Rule) -> Iterable[str]:
    return (rule.for_.titles if rule.for_ else None) or ()


def _never_had(organization: Organization, titles: Iterable[str]) -> dict[str, str]:
    placements = Placement.objects.filter(organization=organization, title__in=titles)
    had = set(placements.values_list("title", flat=True)) if titles else set()
    return {
        title: f"Nobody here has ever had the title “{title}”. It must be the same to the letter."
        for title in titles
        if title not in had
    }
