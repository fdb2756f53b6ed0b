"""Figures as people read them."""

from decimal import Decimal

from django.template.defaultfilters import floatformat


def amount(value: Decimal | None, unit: str = "") -> str:
    """Digits grouped as the language groups them, whole numbers without zeros behind them, then the unit."""
    return f"{floatformat(value, '-2g')} {unit}".rstrip()
