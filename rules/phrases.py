"""What sentences say of time, unit by unit and whole: other languages bend such words otherwise."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, ngettext_lazy

LASTING = {
    "day": ngettext_lazy("%(n)s day", "%(n)s days", "n"),
    "week": ngettext_lazy("%(n)s week", "%(n)s weeks", "n"),
    "month": ngettext_lazy("%(n)s month", "%(n)s months", "n"),
    "year": ngettext_lazy("%(n)s year", "%(n)s years", "n"),
}
WITHIN = {
    "day": ngettext_lazy("within %(n)s day", "within %(n)s days", "n"),
    "week": ngettext_lazy("within %(n)s week", "within %(n)s weeks", "n"),
    "month": ngettext_lazy("within %(n)s month", "within %(n)s months", "n"),
    "year": ngettext_lazy("within %(n)s year", "within %(n)s years", "n"),
}
HERE_FOR = {
    "day": ngettext_lazy("has been here for %(n)s day", "has been here for %(n)s days", "n"),
    "week": ngettext_lazy("has been here for %(n)s week", "has been here for %(n)s weeks", "n"),
    "month": ngettext_lazy("has been here for %(n)s month", "has been here for %(n)s months", "n"),
    "year": ngettext_lazy("has been here for %(n)s year", "has been here for %(n)s years", "n"),
}
IN_ONE = {
    "day": gettext_lazy("in one calendar day"),
    "week": gettext_lazy("in one calendar week"),
    "month": gettext_lazy("in one calendar month"),
    "quarter": gettext_lazy("in one calendar quarter"),
    "year": gettext_lazy("in one calendar year"),
}
# Sentences that want `deed`.
IN_A_ROW = {
    "day": ngettext_lazy("has %(deed)s in one day", "has %(deed)s in each of %(n)s days in a row", "n"),
    "week": ngettext_lazy("has %(deed)s in one week", "has %(deed)s in each of %(n)s weeks in a row", "n"),
    "month": ngettext_lazy("has %(deed)s in one month", "has %(deed)s in each of %(n)s months in a row", "n"),
    "quarter": ngettext_lazy(
        "has %(deed)s in one quarter", "has %(deed)s in each of %(n)s quarters in a row", "n"
    ),
    "year": ngettext_lazy("has %(deed)s in one year", "has %(deed)s in each of %(n)s years in a row", "n"),
}
WITHOUT = {
    "day": gettext_lazy("Kept until a day goes by without it."),
    "week": gettext_lazy("Kept until a week goes by without it."),
    "month": gettext_lazy("Kept until a month goes by without it."),
    "quarter": gettext_lazy("Kept until a quarter goes by without it."),
    "year": gettext_lazy("Kept until a year goes by without it."),
}
AGAIN_IN_A_ROW = {
    "day": ngettext_lazy(
        "Given again for each further day in a row.",
        "Given again for each further %(n)s days in a row.",
        "n",
    ),
    "week": ngettext_lazy(
        "Given again for each further week in a row.",
        "Given again for each further %(n)s weeks in a row.",
        "n",
    ),
    "month": ngettext_lazy(
        "Given again for each further month in a row.",
        "Given again for each further %(n)s months in a row.",
        "n",
    ),
    "quarter": ngettext_lazy(
        "Given again for each further quarter in a row.",
        "Given again for each further %(n)s quarters in a row.",
        "n",
    ),
    "year": ngettext_lazy(
        "Given again for each further year in a row.",
        "Given again for each further %(n)s years in a row.",
        "n",
    ),
}
ANEW = {
    "day": gettext_lazy("Given anew for each day."),
    "week": gettext_lazy("Given anew for each week."),
    "month": gettext_lazy("Given anew for each month."),
    "quarter": gettext_lazy("Given anew for each quarter."),
    "year": gettext_lazy("Given anew for each year."),
}


def of_time(phrases: Mapping[str, Any], duration: str) -> str:
    """`duration` is a rule's text, such as "7 days"."""
    number, unit = duration.split()
    said: str = phrases[unit.removesuffix("s")] % {"n": int(number)}
    return said


def number_in(duration: str) -> int:
    return int(duration.split()[0])


def lasting(duration: str) -> str:
    return of_time(LASTING, duration)
