"""The four badges that everybody starts with, ready to take."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EMBLEMS = Path(__file__).resolve().parent.parent / "badges" / "presets"


@dataclass(frozen=True)
class Preset:
    """A badge to start with. `emblem` is a file of badges/presets; `definition` None: by hand alone."""

    slug: str
    name: str
    description: str
    criteria: str
    kind: str
    emblem: str
    mode: str
    ends_after: str = ""
    definition: Mapping[str, Any] | None = None


SUBMITTED = {"kinds": ["improvement.submitted"]}

STARTERS = [
    Preset(
        slug="first-improvement",
        name="Submitted First Improvement",
        description="The first idea handed in. Everything after it is easier.",
        criteria="Submit your first improvement.",
        kind="step",
        emblem="first-improvement",
        mode="rule",
        definition={
            "criterion": {"type": "count", "at_least": 1, "select": SUBMITTED},
            "retention": {"type": "permanent"},
        },
    ),
    Preset(
        slug="kaizen-burst",
        name="Kaizen Burst",
        description="Three improvements within seven days.",
        criteria="Submit at least 3 improvements within 7 days.",
        kind="step",
        emblem="kaizen-burst",
        mode="rule",
        definition={
            "criterion": {"type": "count", "at_least": 3, "within": "7 days", "select": SUBMITTED},
            "retention": {"type": "permanent"},
        },
    ),
    Preset(
        slug="1-improvement-per-month",
        name="1 Improvement per Month",
        description="An idea a month, kept up.",
        criteria="Submit an improvement, and never let a month go by without the next.",
        kind="habit",
        emblem="monthly-rhythm",
        mode="rule",
        definition={
            "criterion": {"type": "count", "at_least": 1, "select": SUBMITTED},
            "retention": {"type": "while", "at_least": 1, "within": "1 month"},
        },
    ),
    Preset(
        slug="hipaa-certified",
        name="HIPAA Certified",
        description="Trained in protecting patients’ data within the last year.",
        criteria="Complete the HIPAA training and pass its test.",
        kind="training",
        emblem="hipaa-certified",
        mode="hand",
        ends_after="1 year",
    ),
]


def emblem_data(preset: Preset) -> bytes:
    return (EMBLEMS / f"{preset.emblem}.png").read_bytes()
