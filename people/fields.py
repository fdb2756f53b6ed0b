"""What `components/field.html` and `components/error_summary.html` show of a form."""

from typing import Any

from django.forms import BaseForm, BoundField, CheckboxInput, Select, Textarea, Widget


def field_context(
    bound: BoundField, *, optional: bool | None, hint: str | None, label: str, attrs: dict[str, Any]
) -> dict[str, Any]:
    """Unless `optional` says so, fields that are not required are marked as such; single boxes never are."""
    if bound.is_hidden:
        return {"kind": "hidden", "control": bound.as_widget(attrs=attrs)}
    widget = bound.field.widget
    is_check = isinstance(widget, CheckboxInput)
    if hint is not None:
        bound.help_text = hint  # so that Django does not describe the control by a text that is not there
    hint = str(bound.help_text)
    parts = [part for part, there in (("hint", hint), ("err", bound.errors)) if there]
    described_by = " ".join(f"{bound.auto_id}-{part}" for part in parts)
    return {
        "field": bound,
        "kind": "check" if is_check else "choices" if bound.use_fieldset else "one",
        "control": bound.as_widget(attrs=control_attrs(widget, described_by) | attrs),
        "label": label or bound.label,
        "hint": hint,
        "error": joined(bound),
        "described_by": described_by,
        "optional": not (bound.field.required or is_check) if optional is None else optional,
    }


def control_attrs(widget: Widget, described_by: str) -> dict[str, Any]:
    attrs = {"aria-describedby": described_by} if described_by else {}
    if css := f"{control_class(widget)} {widget.attrs.get('class', '')}".strip():
        attrs["class"] = css
    return attrs


def control_class(widget: Widget) -> str:
    if isinstance(widget, CheckboxInput) or widget.use_fieldset:
        return ""
    return "select" if isinstance(widget, Select) else "textarea" if isinstance(widget, Textarea) else "input"


def summary_context(form: BaseForm, verb: str, labels: dict[str, str]) -> dict[str, Any]:
    """One general error stands alone; otherwise each error is listed, linked to its field."""
    hidden = (error for bound in form.hidden_fields() for error in bound.errors)
    general = [*form.non_field_errors(), *hidden]
    fields = [bound for bound in form.visible_fields() if bound.errors]
    links = [
        {
            "id": first_control(bound),
            "label": labels.get(bound.name, bound.label),
            "error": joined(bound),
        }
        for bound in fields
    ]
    count = len(general) + len(fields)
    return {
        "alone": general[0] if general and count == 1 else "",
        "general": general,
        "fields": links,
        "count": count,
        "verb": verb,
    }


def joined(bound: BoundField) -> str:
    """Each once: a field and what it holds may both refuse a character."""
    return " ".join(dict.fromkeys(map(str, bound.errors)))


def first_control(bound: BoundField) -> str:
    return bound.id_for_label or f"{bound.auto_id}_0"
