"""The instant that all of Lapel goes by."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The present instant (aware, UTC), moved by the seconds in `settings.CLOCK_FILE` where one is set."""
    return _told.get() or datetime.now(UTC) + timedelta(seconds=_offset())


@contextmanager
def telling(instant: datetime) -> Iterator[None]:
    """Let it be that instant: to write a history as it would have happened."""
    token = _told.set(instant)
    try:
        yield
    finally:
        _told.reset(token)


def _offset() -> float:
    if not settings.CLOCK_FILE:
        return 0
    try:
        return float(Path(settings.CLOCK_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return 0
