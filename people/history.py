"""Who did what when, as sentences."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from people.models import AuditEntry, Person

AREAS = {
    "person": "People",
    "role": "Roles",
    "invitation": "Invitations",
    "location": "Locations",
    "organization": "Settings",
    "badge": "Badges",
    "award": "Giving and taking back",
    "nomination": "Nominations",
    "batch": "Bulk edits",
    "rule": "Rules",
    "import": "Imports",
}
WORDS = {
    "person.added": "added",
    "person.edited": "changed",
    "person.redated": "corrected the day of a move of",
    "person.left": "let leave",
    "person.returned": "let return",
    "person.merged": "merged another record into",
    "person.parted": "took another record apart from",
    "role.given": "gave a role to",
    "role.taken": "took a role from",
    "invitation.made": "invited",
    "invitation.withdrawn": "withdrew the invitation of",
    "invitation.accepted": "took up the login of",
    "location.added": "added the location",
    "location.edited": "changed the location",
    "location.closed": "closed the location",
    "location.opened": "opened again the location",
    "organization.changed": "changed the settings of",
    "organization.logo": "chose a logo for",
    "organization.unlogo": "took the logo off",
    "badge.created": "made the badge",
    "badge.edited": "changed the badge",
    "badge.state": "changed the state of",
    "award.granted": "gave",
    "award.renewed": "renewed",
    "award.dated_back": "dated back",
    "award.revoked": "took back",
    "award.reinstated": "gave back",
    "award.evidence_added": "added evidence to",
    "award.evidence_withdrawn": "withdrew evidence of",
    "nomination.made": "proposed",
    "nomination.agreed": "agreed to the proposal of",
    "nomination.approved": "approved the proposal of",
    "nomination.declined": "declined the proposal of",
    "nomination.withdrawn": "withdrew the proposal of",
    "nomination.reopened": "took up again the proposal of",
    "batch.started": "started the bulk edit",
    "batch.undone": "undid the bulk edit",
    "rule.saved": "saved the rule of",
    "rule.state": "changed the state of the rule of",
    "import.started": "started the import of",
    "import.done": "imported",
    "import.undone": "undid the import of",
    "rule.held_back": "held back the rule of",
    "kind.named": "named the kind",
    "step.added": "added the step",
    "step.edited": "changed the step",
    "step.removed": "removed the step",
    "category.added": "added the category",
    "category.renamed": "renamed the category",
    "category.removed": "removed the category",
    "comment.withdrawn": "withdrew a comment on",
    "file.added": "added a file to",
    "file.removed": "removed a file from",
    "board.created": "made the board",
    "board.renamed": "renamed the board",
    "board.shared": "shared the board",
    "board.arranged": "arranged the board",
    "board.removed": "removed the board",
    "card.added": "added the card",
    "card.changed": "changed the card",
    "card.moved": "moved the card",
    "card.removed": "removed the card",
    "list.saved": "saved the list",
    "list.changed": "changed the list",
    "list.removed": "removed the list",
    "people.exported": "exported",
    "notice_text.saved": "saved the words of mails for",
    "notice_text.removed": "removed the words of mails for",
    "language.chosen": "chose the language of",
    "mail.chosen": "chose which mails go to",
    "mail.stopped": "stopped mails to",
    "address.stopped": "stopped",
    "address.trusted": "took up again",
    "delivery.retried": "sent again",
}
NAMES = {
    "joined_on": "joined on",
    "external_id": "staff number",
    "left_on": "had left on",
    "first_weekday": "first weekday",
    "zone": "time zone",
}
LONGEST = 200
UNSAID = {
    "person",
    "location",
    "badge",
    "award",
    "board",
    "card",
    "batch",
    "merge",
    "nomination",
}  # numbers that the subject says better


@dataclass(frozen=True)
class Line:
    """One entry: who did what to whom, and what changed, from and to."""

    entry: AuditEntry
    did: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def audit_entries(reader: Person, *, subject: str, actor: str, area: str) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.filter(organization=reader.organization_id).select_related("actor")
    if subject:
        entries = entries.filter(subject__icontains=subject)
    if actor:
        actors = Person.objects.filter(organization=reader.organization_id).search(actor)
        entries = entries.filter(actor__in=actors)
    if area in AREAS:
        entries = entries.filter(action__startswith=f"{area}.")
    return entries


def told(entry: AuditEntry) -> Line:
    """Whatever an app has written down can be told; what is unknown is told as it stands."""
    details = entry.details if isinstance(entry.details, dict) else {}
    before, after = details.get("before"), details.get("after")
    before = before if isinstance(before, dict) else {}
    after = after if isinstance(after, dict) else {}
    changes = [
        (_name(key), _value(before.get(key)), _value(after.get(key)))
        for key in {**before, **after}
        if before.get(key) or after.get(key)
    ]
    notes = [
        (_name(key), _value(value))
        for key, value in details.items()
        if key not in {"before", "after"} and value not in ("", None, []) and not _is_number_of(key, value)
    ]
    return Line(entry, WORDS.get(entry.action, entry.action.replace(".", " ")), changes, notes)


def _is_number_of(key: str, value: Any) -> bool:
    return key in UNSAID and isinstance(value, int)


def _name(key: str) -> str:
    return NAMES.get(key, key.replace("_", " "))


def _value(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    return str("" if value is None else value)[:LONGEST]
