"""When a mail may go out, on the clock of its reader."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Hours:
    """Full hours of the local day. Quiet from 22 until 6 runs over midnight; the quiet ends as `until` begins."""

    zone: ZoneInfo
    digest: int = 8
    quiet_from: int | None = None
    quiet_until: int | None = None

    def after_quiet(self, at: datetime) -> datetime:
        """That instant, or the end of the quiet hours it lies in."""
        local = at.astimezone(self.zone)
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None:
            return at
        if start < end:
            ends_today, is_quiet = True, start <= local.hour < end
        else:
            ends_today, is_quiet = local.hour < end, local.hour >= start or local.hour < end
        if not is_quiet:
            return at
        return self._instant(local.date() + timedelta(days=0 if ends_today else 1), end)

    def next_digest(self, at: datetime) -> datetime:
        """The first one later than that instant, or the end of the quiet hours it falls into."""
        today = at.astimezone(self.zone).date()
        candidates = (self._instant(today + timedelta(days=days), self.digest) for days in range(3))
        return self.after_quiet(next(instant for instant in candidates if instant > at))

    def _instant(self, day: date, hour: int) -> datetime:
        """An hour that the change of clocks skips is the one after it; of one that comes twice, the first."""
        return datetime.combine(day, time(hour), self.zone).astimezone(UTC)
