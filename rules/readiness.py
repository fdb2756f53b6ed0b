"""What a draft lacks before it can be earned or given."""

from dataclasses import dataclass

from django.urls import reverse

from badges.models import Badge, GrantMode
from people.access import able_to
from people.models import Person
from people.roles import Capability
from rules.criteria import Invalid, parse
from rules.models import Rule, RuleState, RuleVersion
from rules.oddities import odd_about


@dataclass(frozen=True)
class Lack:
    """In words, and where it is mended, if the reader can. Without what is `vital` nobody would ever hold the badge."""

    words: str
    is_vital: bool = True
    step: str = ""
    url: str = ""


def lacks_of(badge: Badge, rule: Rule | None) -> list[Lack]:
    """What is vital first."""
    found = [*_of_rule(badge, rule), *_of_hands(badge), *_of_looks(badge)]
    return sorted(found, key=lambda one: not one.is_vital)


def _of_rule(badge: Badge, rule: Rule | None) -> list[Lack]:
    if badge.mode == GrantMode.HAND:
        return []
    url = reverse("rules:edit", args=[badge.organization.slug, badge.slug])
    alone = badge.mode == GrantMode.RULE
    if rule is None:
        return [Lack("It has no rule yet, so nobody can earn it.", alone, "Write its rule", url)]
    if rule.state == RuleState.PAUSED:
        return [Lack("Its rule is paused, so nobody earns it.", alone, "See the rule", url)]
    version = RuleVersion.objects.get(rule=rule, number=rule.current)
    try:
        doubts = odd_about(parse(version.definition), badge.organization)
    except Invalid:
        return [Lack("Its rule cannot be read here.", alone, "See the rule", url)]
    return [Lack(doubt.message, False, "See the rule", url) for doubt in doubts]


def _of_hands(badge: Badge) -> list[Lack]:
    if badge.mode == GrantMode.RULE:
        return []
    givers = able_to(Capability.GIVE_BADGES) & able_to(Capability.MANAGE_PEOPLE)
    few = Person.objects.filter(organization=badge.organization_id, pk__in=givers.values("pk"))[:2].count()
    alone = badge.mode == GrantMode.HAND
    if not few:
        return [
            Lack("Nobody can give it: that takes a person with both badge and user administration.", alone)
        ]
    if badge.needs_two and few < 2:
        return [Lack("Two administrators must agree to give it, and there is only one.", alone)]
    return []


def _of_looks(badge: Badge) -> list[Lack]:
    url = reverse("badges:edit", args=[badge.organization.slug, badge.slug])
    found = []
    if badge.emblem_id is None:
        found.append(Lack("It has no emblem yet.", False, "Choose one", url))
    if badge.mode == GrantMode.HAND and not badge.criteria:
        found.append(Lack("It does not say yet what it is given for.", False, "Say it", url))
    return found
