"""Lapel's own words for the kinds that it writes or that its presets count, for roles and for attributes.

Whole phrases, as other languages bend these words, and put them in another order. Where an organization named a kind
itself, its name stands instead.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy, ngettext_lazy

from activity.models import Kind


@dataclass(frozen=True)
class KindWords:
    """`deed` wants `n` and `number`, the same in words."""

    deed: Any
    things: Any
    title: Any


KINDS = {
    "improvement.submitted": KindWords(
        ngettext_lazy(
            "submitted at least %(number)s improvement", "submitted at least %(number)s improvements", "n"
        ),
        gettext_lazy("improvements submitted"),
        gettext_lazy("Improvement submitted"),
    ),
    "improvement.implemented": KindWords(
        ngettext_lazy(
            "implemented at least %(number)s improvement", "implemented at least %(number)s improvements", "n"
        ),
        gettext_lazy("improvements implemented"),
        gettext_lazy("Improvement implemented"),
    ),
    "improvement.verified": KindWords(
        ngettext_lazy(
            "verified at least %(number)s improvement", "verified at least %(number)s improvements", "n"
        ),
        gettext_lazy("improvements verified"),
        gettext_lazy("Improvement verified"),
    ),
    "improvement.coached": KindWords(
        ngettext_lazy(
            "coached at least %(number)s improvement", "coached at least %(number)s improvements", "n"
        ),
        gettext_lazy("improvements coached"),
        gettext_lazy("Improvement coached"),
    ),
    "project.started": KindWords(
        ngettext_lazy("started at least %(number)s project", "started at least %(number)s projects", "n"),
        gettext_lazy("projects started"),
        gettext_lazy("Project started"),
    ),
    "project.completed": KindWords(
        ngettext_lazy("completed at least %(number)s project", "completed at least %(number)s projects", "n"),
        gettext_lazy("projects completed"),
        gettext_lazy("Project completed"),
    ),
    "project.verified": KindWords(
        ngettext_lazy("verified at least %(number)s project", "verified at least %(number)s projects", "n"),
        gettext_lazy("projects verified"),
        gettext_lazy("Project verified"),
    ),
    "task.completed": KindWords(
        ngettext_lazy("completed at least %(number)s task", "completed at least %(number)s tasks", "n"),
        gettext_lazy("tasks completed"),
        gettext_lazy("Task completed"),
    ),
    "event.attended": KindWords(
        ngettext_lazy("attended at least %(number)s event", "attended at least %(number)s events", "n"),
        gettext_lazy("events attended"),
        gettext_lazy("Event attended"),
    ),
    "event.facilitated": KindWords(
        ngettext_lazy("facilitated at least %(number)s event", "facilitated at least %(number)s events", "n"),
        gettext_lazy("events facilitated"),
        gettext_lazy("Event facilitated"),
    ),
    "training.completed": KindWords(
        ngettext_lazy(
            "completed at least %(number)s training", "completed at least %(number)s trainings", "n"
        ),
        gettext_lazy("trainings completed"),
        gettext_lazy("Training completed"),
    ),
    "feedback.received": KindWords(
        ngettext_lazy(
            "received at least %(number)s piece of feedback",
            "received at least %(number)s pieces of feedback",
            "n",
        ),
        gettext_lazy("pieces of feedback received"),
        gettext_lazy("Feedback received"),
    ),
    "compliment.received": KindWords(
        ngettext_lazy(
            "received at least %(number)s compliment", "received at least %(number)s compliments", "n"
        ),
        gettext_lazy("compliments received"),
        gettext_lazy("Compliment received"),
    ),
    "class.taught": KindWords(
        ngettext_lazy("taught at least %(number)s class", "taught at least %(number)s classes", "n"),
        gettext_lazy("classes taught"),
        gettext_lazy("Class taught"),
    ),
    "person.coached": KindWords(
        ngettext_lazy("coached at least %(number)s person", "coached at least %(number)s people", "n"),
        gettext_lazy("people coached"),
        gettext_lazy("Person coached"),
    ),
    "near_miss.reported": KindWords(
        ngettext_lazy(
            "reported at least %(number)s near miss", "reported at least %(number)s near misses", "n"
        ),
        gettext_lazy("near misses reported"),
        gettext_lazy("Near miss reported"),
    ),
    "hazard.removed": KindWords(
        ngettext_lazy("removed at least %(number)s hazard", "removed at least %(number)s hazards", "n"),
        gettext_lazy("hazards removed"),
        gettext_lazy("Hazard removed"),
    ),
    "safety_observation.reported": KindWords(
        ngettext_lazy(
            "reported at least %(number)s safety observation",
            "reported at least %(number)s safety observations",
            "n",
        ),
        gettext_lazy("safety observations reported"),
        gettext_lazy("Safety observation reported"),
    ),
    "waste.removed": KindWords(
        ngettext_lazy("removed at least %(number)s waste", "removed at least %(number)s wastes", "n"),
        gettext_lazy("wastes removed"),
        gettext_lazy("Waste removed"),
    ),
    "waste_walk.completed": KindWords(
        ngettext_lazy(
            "completed at least %(number)s waste walk", "completed at least %(number)s waste walks", "n"
        ),
        gettext_lazy("waste walks completed"),
        gettext_lazy("Waste walk completed"),
    ),
    "audit.completed": KindWords(
        ngettext_lazy("completed at least %(number)s audit", "completed at least %(number)s audits", "n"),
        gettext_lazy("audits completed"),
        gettext_lazy("Audit completed"),
    ),
    "audit.received": KindWords(
        ngettext_lazy("received at least %(number)s audit", "received at least %(number)s audits", "n"),
        gettext_lazy("audits received"),
        gettext_lazy("Audit received"),
    ),
}
ROLES = {
    "author": gettext_lazy("author"),
    "leader": gettext_lazy("leader"),
    "team_member": gettext_lazy("team member"),
    "attendee": gettext_lazy("attendee"),
    "facilitator": gettext_lazy("facilitator"),
}
ATTRIBUTES = {
    "course": gettext_lazy("course"),
    "method": gettext_lazy("method"),
    "sort": gettext_lazy("sort"),
    "standard": gettext_lazy("standard"),
}


def title_of(kind: Kind) -> str:
    """What one activity of the kind is called: by the organization, else by Lapel."""
    known = KINDS.get(kind.name)
    return str(known.title) if known and not kind.label else str(kind)
