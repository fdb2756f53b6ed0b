"""The instant that all of Lapel goes by."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """The present instant (aware, UTC), moved by the seconds in `settings.CLOCK_FILE` where one is set."""
    return datetime.now(UTC) + timedelta(seconds=_offset())


def _offset() -> float:
    if not settings.CLOCK_FILE:
        return 0
    try:
        return float(Path(settings.CLOCK_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return 0
