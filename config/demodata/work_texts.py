"""Tasks, events, remarks and notes of Riverside Health. All invented."""

from decimal import Decimal

# title, what there is to do, department
TASKS = [
    ("Order twenty red lids", "Size 7 litres, from the framework supplier.", "Ward 4B"),
    ("Laminate the hand-over cards", "Forty copies, rounded corners.", "Ward 4B"),
    ("Return the borrowed bladder scanner", "Ward 5A is waiting for it.", "Ward 4B"),
    ("Check the grab rail by the scale", "It has come loose on the left.", "Ward 5A"),
    ("Print fasting sheets in large type", "16 points, black on yellow.", "Ward 5A"),
    ("Mark the parking place of the crash cart", "Yellow tape, 60 by 80 cm.", "Emergency"),
    ("Test the duress alarm", "All four buttons, with security on the phone.", "Emergency"),
    ("Count the spare pump batteries", "Write the number on the card.", "Theatres"),
    ("Replace the magnet of the theatre door", "The old one lets go.", "Theatres"),
    ("Wipe down the contrast warmer", "After the last patient of the day.", "Imaging"),
    ("Sort the lead aprons by size", "Small ones to the front.", "Imaging"),
    ("Calibrate fridge 3", "The logger shows half a degree too much.", "Pharmacy"),
    ("Clear expired test strips", "Log the lot numbers first.", "Laboratory"),
    ("Update the reminder text", "Noon instead of nine.", "Outpatients"),
    ("Oil the drip stands", "All twelve on the ground floor.", "Facilities"),
    ("Fit the anti-slip strip", "At the wet step by the sluice.", "Facilities"),
    ("Label the new shelves", "From A1 to F8, both sides.", "Stores"),
    ("Weigh the instrument trays", "None above 10 kg.", "Sterile services"),
]

# title, what it is about, department, days from now
EVENTS = [
    ("Hand hygiene refresher", "Thirty minutes with the lamp.", "Ward 4B", -330),
    ("Fire drill, east wing", "Everybody out in four minutes.", "Facilities", -290),
    ("Gemba walk through Emergency", "From the door to the bed, with a stopwatch.", "Emergency", -240),
    ("5S workshop in the stores", "Sort, set in order, shine.", "Stores", -200),
    ("Hand hygiene refresher", "Thirty minutes with the lamp.", "Ward 5A", -150),
    ("Root causes without blame", "Two cases of our own, five whys each.", "Quality office", -110),
    ("Safe lifting", "With the physiotherapists, in pairs.", "Physiotherapy", -75),
    ("Gemba walk through Imaging", "Where do patients wait, and for what?", "Imaging", -40),
    ("Sepsis simulation", "The first hour, in real time.", "Emergency", -12),
    ("Waste walk in sterile services", "Seven kinds of waste, one sheet each.", "Sterile services", 6),
    ("Hand hygiene refresher", "Thirty minutes with the lamp.", "Outpatients", 13),
]

REMARKS = [
    "Tried it on the early shift. Nobody wants the old way back.",
    "Could we have this in the day room as well?",
    "Infection control has looked at it and is fine with it.",
    "It took two days until the night shift knew. A line in the huddle helped.",
    "Thank you. That corner has annoyed me for years.",
    "Who orders more when it runs out?",
    "We counted for a week: eleven walks a day fewer.",
    "Please tell the porters before it goes live.",
]

MEASURED_HOW = [
    "Counted for two weeks before and after, times the hourly rate.",
    "From the purchase ledger, last quarter against this one.",
    "Stopwatch on twenty rounds; the median counts.",
    "Half of what was reported: the rest would have come anyway.",
]

COUNT = """day,walks before,walks after
Monday,14,4
Tuesday,12,3
Wednesday,15,4
Thursday,13,2
Friday,16,5
"""

CHECKLIST = """Before it goes live
- Early, late and night shift know
- Infection control has seen it
- Somebody orders more, and knows when
- A date to look again
"""

# What improvements bring besides money, by kind of impact.
BROUGHT: list[dict[str, Decimal | str]] = [
    {"Time saved": Decimal(120)},
    {"Time saved": Decimal(36), "Safety": "Nobody reaches over the hot trolley any more."},
    {"Quality": "Labels are read right the first time: no mix-up in six weeks, two a month before."},
    {"Satisfaction": "Families find the ward by themselves, and say so."},
    {"Time saved": Decimal(52), "One-time saving": Decimal(1400)},
]
