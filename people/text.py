"""Text that people type."""

import unicodedata

from django.core.exceptions import ValidationError

# Letters' joiners stay (emoji, Persian); what turns or hides text does not.
_HARMLESS_FORMAT = {"\u200c", "\u200d"}
_MOST_MARKS = 4
# What a spreadsheet may take for the beginning of a formula; the last is the full-width equals sign.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝")


def plain_text(value: str) -> None:
    """Refuse control characters, direction overrides and towers of combining marks in names and titles."""
    marks = 0
    for character in value:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Co"} or (category == "Cf" and character not in _HARMLESS_FORMAT):
            raise ValidationError("Please take out the invisible or control characters.")
        marks = marks + 1 if category == "Mn" else 0
        if marks > _MOST_MARKS:
            raise ValidationError("Please take out the stacked accents.")
    if value and not value.strip("\u200c\u200d \u00a0"):
        raise ValidationError("Please write something that can be seen.")


def so_many_people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def safe_cell(value: object) -> str:
    """The text for a cell of a CSV file, so that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
