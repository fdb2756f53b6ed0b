"""Every rule can be asked why an award was given."""

from dataclasses import dataclass, field, replace

from django.db.models import Q
from django.db.models.functions import Coalesce

from activity.models import Activity
from badges.models import Award, BadgeState
from rules import criteria
from rules.engine import Edition, Question
from rules.engine.basis import held_for
from rules.models import Policy, RuleVersion
from rules.queries import names_of, rulebook
from rules.sentences import sentence


@dataclass(frozen=True)
class Why:
    """The sentence of the version that gave an award, the activities counted, in order, and the awards held."""

    sentence: str
    activities: list[Activity]
    version: int | None
    held: list[Award] = field(default_factory=list)


def why(award: Award) -> Why:
    """Of an award by hand there is no version; its sentence is the giver's reason."""
    found = Activity.objects.filter(organization=award.organization_id).select_related(
        "kind", "item", "location"
    )
    ledger = found.in_bulk(award.evidence)
    activities = [ledger[activity] for activity in award.evidence if activity in ledger]
    version = RuleVersion.objects.filter(
        organization=award.organization_id, rule__badge=award.badge_id, number=award.rule_version or 0
    ).first()
    if version is None:
        return Why(award.reason, activities, None)
    said = sentence(version.definition, names_of(award.organization))
    return Why(said, activities, version.number, _held(award, version))


def _held(award: Award, version: RuleVersion) -> list[Award]:
    """The stored awards of the badges that it rests on; where one is none that is stored, what stood then."""
    rule = criteria.parse({**version.definition, "id": award.badge.slug})
    if not criteria.badges_named(rule.criterion):
        return []
    book = rulebook(award.organization)
    is_anew = version.policy == Policy.NEW_ONLY
    own = Edition(version.number, rule, since=version.made_at if is_anew else None, anew=is_anew)
    ground = replace(book.ground, editions={**book.ground.editions, rule.id: (own,)})
    moment = (award.person_id, award.starts_at)
    found = held_for(rule, book.rules, Question(ground, award.starts_at), [moment])
    slugs = {slug for slug, _ in found[moment]}
    stood = Award.objects.filter(
        person=award.person_id, badge__slug__in=slugs, starts_at__lte=award.starts_at
    ).annotate(over_at=Coalesce("ended_at", "expires_at"))
    awards = stood.filter(Q(over_at=None) | Q(over_at__gt=award.starts_at)).select_related("badge")
    return list(awards.exclude(badge__state=BadgeState.WITHDRAWN).order_by("starts_at", "pk"))
