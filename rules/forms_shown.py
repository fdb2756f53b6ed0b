"""A rule as its form shows it: as it is stored, or as it was sent, with its conditions rearranged."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from badges.models import Badge
from people.models import Organization
from people.zones import instant_of
from rules.criteria import Invalid, Named, Rule, While, parse
from rules.drafts import Part, part_of, read_part, reshaped, select_values
from rules.forms import RuleForm
from rules.forms_parts import SelectForm, halves


def initial_of(
    badge: Badge, definition: Any, organization: Organization
) -> tuple[Part, dict[str, Any]] | None:
    """A rule as the form shows it, or None where it cannot be read."""
    try:
        rule = parse({**definition, "id": badge.slug} if isinstance(definition, dict) else definition)
    except Invalid:
        return None
    return part_of(rule.criterion), _said_of(rule, organization)


def _said_of(rule: Rule, organization: Organization) -> dict[str, Any]:
    keep = rule.retention
    ends, cover = halves(getattr(keep, "after", None)), halves(getattr(keep, "within", None))
    grace = halves(getattr(keep, "grace", None))
    own = keep.select if isinstance(keep, While) else None
    for_, counts = rule.for_, rule.counts

    return {
        "again": rule.repeatable,
        "retention": keep.type,
        "ends_number": ends[0],
        "ends_unit": ends[1],
        "while_at_least": getattr(keep, "at_least", None),
        "while_number": cover[0],
        "while_unit": cover[1],
        "own": own is not None,
        "grace_number": grace[0],
        "grace_unit": grace[1],
        "keep": select_values(own) if own else {},
        "for_locations": list(for_.locations or ()) if for_ else [],
        "for_titles": "\n".join(for_.titles or ()) if for_ else "",
        "joined_from": for_.joined_from if for_ else None,
        "counts_from": _local(counts.from_, organization) if counts else "",
        "counts_until": _local(counts.until, organization) if counts else "",
    }


def _local(at: datetime | None, organization: Organization) -> str:
    """In local time, where that says which instant it is."""
    if at is None:
        return ""
    local = at.astimezone(organization.time_zone)
    exactly = "auto" if local.second or local.microsecond else "minutes"
    text = local.replace(tzinfo=None).isoformat(" ", exactly)
    again = instant_of(datetime.fromisoformat(text), organization.time_zone)
    return text if again == at else local.isoformat()


def redrawn(
    post: QueryDict, *, badge: Badge, organization: Organization, named: Named | None = None
) -> RuleForm:
    """The form as it was sent, with its conditions rearranged as a button says."""
    root = reshaped(read_part(post), post.get("do", ""))
    initial = {name: _raw(post, name, field) for name, field in RuleForm.base_fields.items()}
    initial["keep"] = {
        name: _raw(post, f"keep-{name}", field) for name, field in SelectForm.base_fields.items()
    }
    return RuleForm(badge=badge, organization=organization, draft=(root, initial), named=named)


def _raw(post: QueryDict, name: str, field: forms.Field) -> Any:
    if isinstance(field, forms.MultipleChoiceField):
        return post.getlist(name)
    return name in post if isinstance(field, forms.BooleanField) else post.get(name)
