"""What the emblems that come with Lapel look like; `manage.py draw_emblems` draws them.

Colours go by theme: moss for ideas and results, ochre for bursts and safety, petrol for rhythm and order, rosewood for
people together, cobalt for projects and certificates, plum for learning and savings, brick for waste and danger, slate
for what is old or neutral. Rays are for what is rare.
"""

from collections.abc import Iterable

from badges.drawing import Design

PLAIN, BRONZE, SILVER, GOLD = range(4)


def designs(kind: str, *rows: tuple[str, str, str, str, int]) -> Iterable[tuple[str, Design]]:
    for name, palette, icon, pattern, level in rows:
        yield name, Design(kind=kind, palette=palette, icon=icon, pattern=pattern, level=level)


STEPS = designs(
    "step",
    ("first-improvement", "moss", "seedling", "rays", PLAIN),
    ("first-implemented", "moss", "bulb", "rays", PLAIN),
    ("first-project", "cobalt", "route", "rays", PLAIN),
    ("first-event", "plum", "ticket", "rays", PLAIN),
    ("good-start", "rosewood", "rocket", "rays", PLAIN),
    ("5-improvements", "moss", "plant-2", "none", BRONZE),
    ("10-improvements", "moss", "plant-2", "none", SILVER),
    ("25-improvements", "moss", "plant-2", "none", GOLD),
    ("50-improvements", "moss", "tree", "stripes", GOLD),
    ("100-improvements", "moss", "trees", "rays", GOLD),
    ("every-25", "moss", "repeat", "grid", PLAIN),
    ("team-mate", "cobalt", "puzzle-2", "none", PLAIN),
    ("a3-thinker", "plum", "file-analytics", "none", PLAIN),
    ("big-find", "plum", "diamond", "rays", PLAIN),
    ("safety-spotter", "ochre", "eye-search", "none", PLAIN),
    ("safety-eye", "ochre", "binoculars", "none", SILVER),
    ("safety-guardian", "ochre", "umbrella", "rays", GOLD),
    ("near-miss-reporter", "brick", "speakerphone", "none", PLAIN),
    ("hazard-remover", "ochre", "traffic-cone", "stripes", PLAIN),
    ("waste-walker", "brick", "walk", "none", PLAIN),
    ("walk-leader", "brick", "map-2", "stripes", PLAIN),
    ("5s-auditor", "petrol", "clipboard-list", "grid", PLAIN),
    ("event-regular", "plum", "tools", "none", PLAIN),
    ("top-marks", "rosewood", "stars", "rays", PLAIN),
    ("kind-words", "rosewood", "mail-heart", "none", PLAIN),
    ("founding-team", "slate", "star", "grid", PLAIN),
    ("spring-clean", "brick", "bucket-droplet", "stripes", PLAIN),
    ("summer-of-safety", "ochre", "sun", "stripes", PLAIN),
    ("idea-month", "moss", "calendar-star", "stripes", PLAIN),
)
HABITS = designs(
    "habit",
    ("problem-solver-1", "moss", "puzzle", "chevrons", BRONZE),
    ("problem-solver-2", "moss", "puzzle", "chevrons", SILVER),
    ("problem-solver-3", "moss", "puzzle", "chevrons", GOLD),
    ("master-problem-solver", "moss", "mountain", "chevrons", GOLD),
    ("problem-solving-legend", "moss", "crown", "rays", GOLD),
    ("kaizen-burst", "ochre", "bolt", "rays", PLAIN),
    ("idea-storm", "ochre", "cloud-storm", "rays", PLAIN),
    ("five-in-a-month", "ochre", "flame", "none", PLAIN),
    ("finishing-sprint", "ochre", "run", "stripes", PLAIN),
    ("monthly-rhythm", "petrol", "calendar-repeat", "none", PLAIN),
    ("weekly-rhythm", "petrol", "metronome", "none", PLAIN),
    ("4-weeks-in-a-row", "petrol", "calendar-week", "none", BRONZE),
    ("12-weeks-in-a-row", "petrol", "calendar-week", "none", SILVER),
    ("52-weeks-in-a-row", "petrol", "calendar-week", "rays", GOLD),
    ("3-months-in-a-row", "petrol", "calendar-stats", "chevrons", BRONZE),
    ("6-months-in-a-row", "petrol", "calendar-stats", "chevrons", SILVER),
    ("12-months-in-a-row", "petrol", "calendar-stats", "rays", GOLD),
    ("four-seasons", "petrol", "leaf", "half", PLAIN),
    ("triathlete", "rosewood", "swimming", "none", SILVER),
    ("all-rounder", "rosewood", "compass", "rays", GOLD),
    ("bridge-builder", "rosewood", "arrows-exchange", "none", PLAIN),
    ("always-watchful", "ochre", "shield-check", "none", PLAIN),
    ("on-the-floor", "brick", "shoe", "none", PLAIN),
    ("seven-wastes", "brick", "recycle", "grid", PLAIN),
    ("5s-keeper", "petrol", "checklist", "half", PLAIN),
)
TRAINING = designs(
    "training",
    ("hipaa-certified", "cobalt", "lock-check", "half", PLAIN),
    ("data-protection", "cobalt", "fingerprint", "half", PLAIN),
    ("safety-briefing", "ochre", "helmet", "half", PLAIN),
    ("hygiene", "petrol", "wash", "half", PLAIN),
    ("fire-warden", "brick", "flame", "half", PLAIN),
    ("first-aider", "brick", "first-aid-kit", "half", PLAIN),
    ("forklift-driver", "slate", "forklift", "half", PLAIN),
    ("internal-auditor", "cobalt", "zoom-check", "half", PLAIN),
    ("5s-practitioner", "petrol", "list-check", "half", PLAIN),
    ("event-facilitator", "plum", "users-group", "half", PLAIN),
    ("senior-facilitator", "plum", "users-group", "half", GOLD),
    ("keen-learner", "plum", "books", "half", PLAIN),
    ("forty-hours", "plum", "hourglass", "half", PLAIN),
    ("white-belt", "slate", "karate", "none", PLAIN),
    ("yellow-belt", "ochre", "karate", "none", BRONZE),
    ("green-belt", "moss", "karate", "none", SILVER),
    ("black-belt", "slate", "karate", "stripes", GOLD),
    ("master-black-belt", "slate", "yin-yang", "rays", GOLD),
)
HONOURS = designs(
    "honour",
    ("full-circle", "rosewood", "circle-check", "rays", PLAIN),
    ("project-leader", "cobalt", "flag-3", "rays", PLAIN),
    ("seasoned-project-leader", "cobalt", "flag-3", "rays", SILVER),
    ("master-project-leader", "cobalt", "flag-3", "rays", GOLD),
    ("coach", "petrol", "heart-handshake", "none", PLAIN),
    ("idea-coach", "petrol", "bulb", "none", PLAIN),
    ("mentor-of-the-year", "petrol", "award", "rays", GOLD),
    ("savings-bronze", "plum", "coins", "none", BRONZE),
    ("savings-silver", "plum", "coins", "none", SILVER),
    ("savings-gold", "plum", "coins", "rays", GOLD),
    ("impact-maker", "plum", "trending-up", "rays", GOLD),
    ("strong-year", "plum", "pig-money", "none", PLAIN),
    ("5s-showplace", "petrol", "sparkles", "rays", PLAIN),
    ("teacher", "plum", "school", "none", PLAIN),
    ("hand-hygiene", "moss", "hand-sanitizer", "none", PLAIN),
    ("patient-voice", "rosewood", "message-heart", "rays", PLAIN),
    ("customer-favourite", "rosewood", "heart", "rays", GOLD),
    ("1-year", "slate", "cake", "none", PLAIN),
    ("3-years", "slate", "confetti", "none", BRONZE),
    ("5-years", "slate", "confetti", "none", SILVER),
    ("10-years", "slate", "trophy", "none", GOLD),
    ("20-years", "slate", "laurel-wreath", "rays", GOLD),
)
DESIGNS = dict([*STEPS, *HABITS, *TRAINING, *HONOURS])
