"""`python -m benchmarks.rules`: how dear rules are, beside the limit, on data of a chosen size.

Starts a database of its own, fills it, measures and prints ratios. Costs are CPU seconds of the database's backend.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.place import own_database

if TYPE_CHECKING:
    from benchmarks.data import Size
    from benchmarks.meter import Cost
    from people.models import Organization

PARTS = ("everyone", "live", "person", "nightly", "trials", "expiry")


def main(arguments: Sequence[str]) -> int:
    chosen = _options().parse_args(arguments)
    with own_database() as superuser:
        import django

        django.setup()
        return _measure(superuser, chosen)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    options.add_argument("--people", type=int, default=4_000)
    options.add_argument("--activities", type=int, default=200_000)
    options.add_argument(
        "--batches", type=int, default=10, help="of 1,000 activities, recorded and evaluated"
    )
    options.add_argument("--asked", type=int, default=100, help="people asked one by one")
    options.add_argument("--due", type=int, default=20_000, help="awards whose time has come")
    options.add_argument(
        "--only", default="", help="of the rules about everybody, those with this in their name"
    )
    options.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all unless named")
    return options


def _measure(superuser: str, chosen: argparse.Namespace) -> int:
    from django.db import connection

    from benchmarks import data
    from people.clock import telling
    from people.models import Organization

    size = data.Size(chosen.people, chosen.activities)
    organization = Organization.objects.get(pk=data.make(superuser, size))
    with connection.cursor() as cursor:  # whatever a backend does is done by itself, and seen
        cursor.execute("SELECT set_config('max_parallel_workers_per_gather', '0', false)")
    _say(f"{size.people:,} people, {size.activities:,} activities, {os.cpu_count()} cores")
    parts = chosen.parts or PARTS
    with telling(data.NOW):
        differing = _everyone(organization, chosen.only) if "everyone" in parts else 0
        if {"live", "person", "nightly"} & {*parts}:
            _running(organization, size, chosen, superuser)
        if "trials" in parts:
            _trials(organization)
        if "expiry" in parts:
            _expiry(organization, size, chosen.due, superuser)
    connection.close()
    return 1 if differing else 0


def _everyone(organization: "Organization", only: str) -> int:
    from benchmarks.everyone import compare_all

    _say("\nEveryone, one rule: backend seconds")
    _say(f"{'':48}{'by hand':>9}{'Lapel':>9}{'ratio':>7}{'+evidence':>11}{'awards':>9}")
    differing = 0
    for one in compare_all(organization, only):
        differing += one.differing
        note = f"  {one.differing} DIFFER" if one.differing else ""
        _say(
            f"{one.name:48}{one.by_hand:9.3f}{one.lapel:9.3f}{one.ratio:7.2f}{one.with_evidence:11.3f}{one.rows:9,}{note}"
        )
    _say(f"answers that differ: {differing}")
    return differing


def _running(organization: "Organization", size: "Size", chosen: argparse.Namespace, superuser: str) -> None:
    from benchmarks import running

    running.put_in_force(organization)
    first, again = running.whole_passes(organization, superuser)
    _say("\nThirty rules about everybody")
    _line("first back-fill", first)
    _line("nightly, nothing to do", again)
    per_10_million = again.backend * 10_000_000 / size.activities
    _say(f"nightly per 10 million activities: {per_10_million:.0f} s")
    parts = chosen.parts or PARTS
    if "live" in parts:
        alone, recorded, both = running.live(organization, size, chosen.batches)
        _say(f"\n{chosen.batches} batches of 1,000 activities, thirty rules in force")
        _line("inserted alone", alone)
        _line("recorded", recorded)
        _line("recorded, and all awards changed", both)
        rate = chosen.batches * 1000 / both.backend
        _say(
            f"rate against inserting alone: 1/{both.backend / alone.backend:.1f}; {rate:,.0f} a backend second"
        )
    if "person" in parts:
        _one_by_one(organization, size, chosen.asked)


def _one_by_one(organization: "Organization", size: "Size", asked: int) -> None:
    from benchmarks import running
    from benchmarks.meter import percentile

    costs = running.one_by_one(organization, size, asked)
    _say(f"\nOne person, thirty rules, {asked} times: milliseconds")
    for name in ("backend", "python", "wall"):
        values = [getattr(cost, name) * 1000 for cost in costs]
        _say(f"{name:8} p50 {percentile(values, 0.5):7.1f}   p99 {percentile(values, 0.99):7.1f}")


def _trials(organization: "Organization") -> None:
    from benchmarks import trials

    _say("\nDry runs of one rule for everybody, in parts; ratio against its timeline in one statement")
    for name, bare, one in trials.tried(organization):
        _line(f"{name} ({one.backend / max(bare, 1e-6):.1f})", one)
    _line("a change, by every policy", trials.changed(organization))


def _expiry(organization: "Organization", size: "Size", due: int, superuser: str) -> None:
    from benchmarks import running

    one = running.expiry(organization, size, due, superuser)
    _say(f"\n{due:,} awards whose time has come")
    _line("one bare UPDATE of the awards", one.update)
    _line("one bare UPDATE of their people's tallies", one.tallies)
    _line("ended and counted in batches", one.lapel)
    _line("their events, when they are told", one.told)
    _say(f"against both bare writes: {one.lapel.backend / one.writes.backend:.2f}")
    _say(f"ratio: {one.lapel.backend / one.update.backend:.2f}")


def _line(name: str, one: "Cost") -> None:
    _say(f"{name:56}{one.backend:9.3f} s backend{one.python:9.3f} s Python{one.wall:9.3f} s wall")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
