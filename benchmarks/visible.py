"""How long it takes from a submitted improvement to its badge on the profile, in the running product.

    python -m benchmarks.visible [--people N] [--activities N] [--submissions N]

Makes the data and the thirty rules of `benchmarks.rules` in a server of its own, which is gone afterwards, starts web,
worker and beat as `./run` does, and has people submit their first improvement by the form, one after the other. The
clock runs from the click to the first profile that shows the badge; it is looked at again after each answer.
"""

import argparse
import os
import re
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.works import prepare, say

if TYPE_CHECKING:
    from people.models import Organization, Person

HELD = 'tray__name">badge-1</span><span class="tray__meta">Since'  # for the first improvement
PATIENCE = 60  # seconds


def main() -> None:
    options = parsed()
    prepare()
    from benchmarks.data import Size, make
    from benchmarks.meter import percentile
    from benchmarks.running import put_in_force
    from people.models import Organization
    from tests.browser.conftest import own_port

    size = Size(options.people, options.activities)
    organization = Organization.objects.get(pk=make(os.environ["SUPERUSER_DATABASE_URL"], size))
    put_in_force(organization)
    people = [person(organization, number) for number in range(options.submissions)]
    with own_port() as port, product(port) as url:
        wait_until_everybody_was_asked(organization)
        waits = [submit_and_wait(url, one) for one in people]
    say(f"{size.people:,} people, {size.activities:,} activities, thirty rules, {len(waits)} submissions")
    for name, share in (("median", 0.5), ("nine in ten within", 0.9), ("longest", 1.0)):
        say(f"  {name:20}{percentile(waits, share):6.2f} s")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.visible",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--people", type=int, default=4_000)
    parser.add_argument("--activities", type=int, default=200_000)
    parser.add_argument("--submissions", type=int, default=25, help="fewer than a flood is made of: 30")
    return parser.parse_args()


def person(organization: "Organization", number: int) -> "Person":
    from people.models import Person, User
    from people.tenancy import tenant

    user = User.objects.create_user(f"v{number}@bench.example", "not a secret")
    with tenant(organization):
        return Person.objects.create(
            organization=organization, external_id=f"V{number}", name=f"Visitor {number}", user=user
        )


@contextmanager
def product(port: int) -> Iterator[str]:
    """Web, worker and beat, each a process; yields the address."""
    from config.places import CHECKOUT
    from config.processes import Family
    from tests.browser.conftest import wait_for

    url = f"http://127.0.0.1:{port}"
    home = Path(tempfile.mkdtemp())
    celery = ["celery", "-A", "config"]
    commands = {
        "web": [
            "gunicorn",
            "config.wsgi",
            "--threads=4",
            "--reuse-port",
            f"--bind=127.0.0.1:{port}",
            "--log-level=error",
        ],
        "worker": [*celery, "worker", "--concurrency=1", "--loglevel=ERROR"],
        "beat": [*celery, "beat", f"--schedule={home / 'beat'}", "--loglevel=ERROR"],
    }
    environment = {**os.environ, "BASE_URL": url, "MAIL_DIR": str(home / "mail"), "LOG_LEVEL": "ERROR"}
    family = Family(home / "children.json", lambda line: None)
    for name, command in commands.items():
        argv = [sys.executable, "-m", *command]
        family.spawn(name, argv, env=environment, cwd=CHECKOUT, in_terminal=True)
    try:
        wait_for(url + "/healthz")
        yield url
    finally:
        family.stop(*commands)


def wait_until_everybody_was_asked(organization: "Organization") -> None:
    from people.tenancy import tenant
    from rules.models import Rule

    while True:
        with tenant(organization):
            if not Rule.objects.exclude(recheck_asked_at=None).exists():
                return
        time.sleep(1)


def submit_and_wait(url: str, who: "Person") -> float:
    """Seconds from the click to the profile that shows the badge."""
    from django.test import Client

    assert who.user is not None
    client = Client()
    client.force_login(who.user)
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}

    def load(path: str, **fields: str) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Referer": url}
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(url + path, data, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            for cookie in answer.headers.get_all("Set-Cookie", []):
                name, value = cookie.split(";")[0].split("=", 1)
                cookies[name] = value
            return str(answer.read(), "utf-8")

    form = load("/bench/improvements/new/")
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    began = time.monotonic()
    load("/bench/improvements/new/", csrfmiddlewaretoken=token[1], kind="improvement", title="Red lids")
    while time.monotonic() < began + PATIENCE:
        if HELD in load(f"/bench/people/{who.pk}/"):
            return time.monotonic() - began
    raise SystemExit(f"{who} has no badge after {PATIENCE} s")


if __name__ == "__main__":
    main()
