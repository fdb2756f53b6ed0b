"""Who did what when, as sentences."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Func, JSONField, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils.formats import number_format

from people.forms import OrganizationForm
from people.history_words import AREAS, CHOICES, FIELDS, MAILS, ROWS, SUBJECTS, UNSAID, WORDS
from people.models import AuditEntry, Person
from people.templatetags.lapel import day_year

LONGEST = 200
ITEM = re.compile(r"(?:IMP|PRJ|TSK|EVT)-(\d+) ")  # how the subject names a work item


@dataclass(frozen=True)
class Said:
    """Some words, and where they lead, if the reader may go there."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Line:
    """One entry: who did what to whom, and what changed, from and to."""

    entry: AuditEntry
    did: str
    subject: Said
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, list[Said]]] = field(default_factory=list)


def audit_entries(reader: Person, *, subject: str, actor: str, area: str) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.filter(organization=reader.organization_id).select_related("actor")
    if subject:
        entries = entries.alias(whom=KeyTransform("person", "details")).filter(
            Q(subject__icontains=subject) | Q(whom__in=_named(subject, reader))
        )
    if actor:
        actors = Person.objects.filter(organization=reader.organization_id).search(actor)
        entries = entries.filter(actor__in=actors)
    if area in AREAS:
        entries = entries.filter(action__startswith=f"{area}.")
    return entries


def _named(name: str, reader: Person) -> QuerySet[Any, Any]:
    """The ids of people of a name, as details have them."""
    people = Person.objects.filter(organization=reader.organization_id).search(name)
    as_json: Any = Func("pk", function="to_jsonb", output_field=JSONField())
    return people.values_list(as_json, flat=True)


def told(entries: Sequence[AuditEntry], reader: Person) -> list[Line]:
    """Whatever an app has written down can be told; what is unknown is told as it stands.

    At most one query for each model in `ROWS`, and one for work items.
    """
    known = _Known(entries, reader)
    return [_line(entry, known) for entry in entries]


def _line(entry: AuditEntry, known: "_Known") -> Line:
    area, details = entry.action.partition(".")[0], _details(entry)
    before, after = details.get("before"), details.get("after")
    return Line(
        entry,
        WORDS.get(entry.action, entry.action.replace(".", " ")),
        Said(entry.subject, known.subject_url(entry)),
        _changes(area, before, after) if isinstance(before, dict) or isinstance(after, dict) else [],
        [
            (_field(area, key), said)
            for key, value in details.items()
            if not (key == "after" or (key == "before" and isinstance(value, dict)))
            if value not in ("", None, []) and not _is_unsaid(area, key, value)
            if (said := known.said(area, key, value))
        ],
    )


def _details(entry: AuditEntry) -> dict[str, Any]:
    return entry.details if isinstance(entry.details, dict) else {}


def _changes(area: str, before: Any, after: Any) -> list[tuple[str, str, str]]:
    was, becomes = (side if isinstance(side, dict) else {} for side in (before, after))
    return [
        (_field(area, key), _value(area, key, was.get(key)), _value(area, key, becomes.get(key)))
        for key in {**was, **becomes}
        if was.get(key) or becomes.get(key)
    ]


def _is_unsaid(area: str, key: str, value: Any) -> bool:
    """Numbers that the subject says better."""
    is_subject = key in SUBJECTS.get(area, ()) and isinstance(value, int)
    return is_subject or f"{area}.{key}" in UNSAID or (key in UNSAID and isinstance(value, int))


class _Known:
    """The rows that some entries name by their ids."""

    def __init__(self, entries: Iterable[AuditEntry], reader: Person) -> None:
        ids: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            area = entry.action.partition(".")[0]
            for key, value in _details(entry).items():
                if model := _model(area, key):
                    ids[model] |= set(_ids(value))
            if item := _item(entry):
                ids["activity.WorkItem"].add(item)
        self.urls: dict[str, dict[int, str]] = {}
        self.names: dict[str, dict[int, str]] = {}
        for model, some in ids.items():
            self._fetch(model, some, reader)

    def _fetch(self, model: str, ids: set[int], reader: Person) -> None:
        by = "number" if model == "activity.WorkItem" else "pk"
        rows: Any = apps.get_model(model)._default_manager
        own = rows.filter(organization=reader.organization_id, **{f"{by}__in": ids})
        open_to = rows.visible_to(reader).filter(**{f"{by}__in": ids}).select_related("organization")
        if model in {"people.Person", "people.Location"}:
            self.names[model] = dict(own.values_list("pk", "name"))
        if model != "people.Location":
            self.urls[model] = {getattr(row, by): row.get_absolute_url() for row in open_to}

    def subject_url(self, entry: AuditEntry) -> str:
        area, details = entry.action.partition(".")[0], _details(entry)
        for key in SUBJECTS.get(area, ()):
            if url := self._url(ROWS[key], details.get(key.rpartition(".")[2])):
                return url
        return self._url("activity.WorkItem", _item(entry))

    def _url(self, model: str, pk: Any) -> str:
        return self.urls.get(model, {}).get(pk, "") if isinstance(pk, int) else ""

    def said(self, area: str, key: str, value: Any) -> list[Said]:
        model = _model(area, key)
        if model is None or not list(_ids(value)):
            return [Said(words) for words in [_value(area, key, value)] if words]
        names = self.names.get(model, {})
        return [Said(names[pk], self._url(model, pk)) for pk in _ids(value) if pk in names]


def _model(area: str, key: str) -> str | None:
    return ROWS.get(f"{area}.{key}") or (ROWS.get(key) if "." not in key else None)


def _ids(value: Any) -> Iterator[int]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, int) and not isinstance(one, bool):
            yield one


def _item(entry: AuditEntry) -> int | None:
    found = ITEM.match(entry.subject)
    return int(found[1]) if found else None


# ---- words
def _field(area: str, key: str) -> str:
    named = _choices(MAILS).get(key) if area == "mail" else None
    return str(named or FIELDS.get(f"{area}.{key}") or FIELDS.get(key) or key.replace("_", " "))


def _value(area: str, key: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(area, key, one) for one in value if one not in ("", None))[:LONGEST]
    if key in {"changed", "fields"} and isinstance(value, str):
        return _field(area, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    text = str("" if value is None else value)
    return (_chosen(area, key, text) or _day(text) or _amount(key, text) or text)[:LONGEST]


def _chosen(area: str, key: str, text: str) -> str:
    if area == "organization" and key == "first_weekday":
        weekdays: Any = OrganizationForm.base_fields["first_weekday"]
        return {str(number): str(day) for number, day in weekdays.choices}.get(text, "")
    where = CHOICES.get(f"{area}.{key}") or (CHOICES.get("mail.*") if area == "mail" else None)
    return _choices(where).get(text, "") if where else ""


def _choices(where: str) -> dict[str, str]:
    model, _, name = where.rpartition(".")
    chosen: Any = apps.get_model(model)._meta.get_field(name)
    return {str(value): str(label) for value, label in chosen.flatchoices}


def _day(text: str) -> str:
    try:
        return str(day_year(date.fromisoformat(text))) if len(text) == 10 else ""
    except ValueError:
        return ""


def _amount(key: str, text: str) -> str:
    is_amount = key in {"value", "corrects"} and re.fullmatch(r"-?\d+(\.\d+)?", text)
    return _number(Decimal(text)) if is_amount else ""


def _number(value: int | float | Decimal) -> str:
    exact = value.normalize() if isinstance(value, Decimal) else value
    return number_format(exact, force_grouping=True)
