"""Badges that organizations really want, ready to take over: by theme, each with its emblem, texts and rule.

One module a subject; a new preset is an entry there, an emblem in `badges/designs.py` and a run
of `manage.py draw_emblems`.
"""

from rules.presets import allround, belonging, ladders, leading, learning, rhythm, value, welcome, workplace
from rules.presets.parts import Preset, Theme, emblem_data

__all__ = ["GALLERY", "STARTERS", "THEMES", "Preset", "Theme", "emblem_data"]

THEMES = [
    welcome.THEME,
    ladders.IDEAS,
    ladders.RESULTS,
    rhythm.BURSTS,
    rhythm.STREAKS,
    allround.THEME,
    leading.PROJECTS,
    leading.COACHES,
    value.SAVINGS,
    workplace.SAFETY,
    workplace.WASTE,
    workplace.FIVE_S,
    learning.CLASSROOM,
    learning.BELTS,
    learning.CERTIFICATES,
    value.CUSTOMERS,
    belonging.TENURE,
    belonging.CAMPAIGNS,
]
GALLERY = {preset.slug: preset for theme in THEMES for preset in theme.presets}
# The four that everybody starts with.
STARTERS = [
    GALLERY[slug]
    for slug in ("first-improvement", "kaizen-burst", "1-improvement-per-month", "hipaa-certified")
]
