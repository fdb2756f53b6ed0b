"""A running Lapel for a real browser: web, worker and beat as processes of their own, over the tests' servers."""

import os
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from config.places import CHECKOUT
from config.processes import Family
from tests.conftest import empty_tables

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "improve-daily"
# Limits cost nothing while things work, and the machine may have other things to do.
A_PAGE = 60_000  # milliseconds, for what a page does by itself
A_WORKER = 150  # seconds, for what a worker does: a sweep takes up what stopped, a minute and a half later
expect.set_options(timeout=A_PAGE)


@dataclass
class Lapel:
    url: str
    clock: Path
    mail: Path

    def move_clock(self, by: timedelta) -> None:
        staged = self.clock.with_suffix(".new")
        staged.write_text(str(by.total_seconds()))
        staged.rename(self.clock)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium for the browser tests")
        pytest.skip("no Chromium was found on this machine")
    # Playwright's loop runs in this thread, and Django takes that for an async program.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=2 * A_PAGE)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def port() -> Iterator[int]:
    with own_port() as port:
        yield port


@pytest.fixture(scope="package")  # its worker and beat would work on the rows of other tests
def running(
    browser: Browser, port: int, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lapel]:
    home = tmp_path_factory.mktemp("lapel")
    lapel = Lapel(f"http://127.0.0.1:{port}", home / "clock", home / "mail")
    environment = {
        **os.environ,
        "BASE_URL": lapel.url,
        "DEMO": "1",
        "MAIL_DIR": str(lapel.mail),
        "CLOCK_FILE": str(lapel.clock),
    }
    celery = ["celery", "-A", "config"]
    commands = {
        "web": ["gunicorn", "config.wsgi", "--threads=4", "--reuse-port", f"--bind=127.0.0.1:{port}"],
        "worker": [*celery, "worker", "--concurrency=1", "--loglevel=WARNING"],
        "beat": [*celery, "beat", f"--schedule={home / 'beat'}", "--loglevel=WARNING"],
    }
    family = Family(home / "children.json", lambda line: None)
    for name, command in commands.items():
        argv = [sys.executable, "-m", *command]
        family.spawn(name, argv, env=environment, cwd=CHECKOUT, in_terminal=True)
    try:
        wait_for(lapel.url + "/healthz")
        yield lapel
    finally:
        family.stop(*commands)


@pytest.fixture
def lapel(running: Lapel, committed_db: None) -> Iterator[Lapel]:
    """A running Lapel with nothing in it."""
    empty_tables()
    shutil.rmtree(running.mail, ignore_errors=True)
    running.clock.unlink(missing_ok=True)
    yield running
    running.clock.unlink(missing_ok=True)


@pytest.fixture
def page(browser: Browser, lapel: Lapel) -> Iterator[Page]:
    """A window in which everything that the browser refuses or a script throws fails the test.

    Without motion: else what has the keyboard may still be scrolled to, and colours are between two others.
    """
    context = browser.new_context(
        base_url=lapel.url, viewport={"width": 1360, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(A_PAGE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if is_wrong(message) else None)
    yield page
    context.close()
    assert errors == []


def is_wrong(message: ConsoleMessage) -> bool:
    """A form that is shown again answers with 422, which the browser notes; htmx notes what it no longer waits for."""
    noted = "status of 422" in message.text or message.text.startswith(
        ("htmx:sendAbort", "htmx:afterRequest")
    )
    return message.type == "error" and not noted


def log_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Work e-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/riverside/")


def log_out(page: Page) -> None:
    page.context.clear_cookies()


def look_until(page: Page, address: str, there: Callable[[], object]) -> None:
    """Go there again and again, as somebody does who waits for a worker."""
    until = time.monotonic() + A_WORKER
    page.goto(address)
    while not there():
        assert time.monotonic() < until, page.locator("body").inner_text()
        page.wait_for_timeout(250)
        page.goto(address)


def ask_until(page: Page, there: Locator) -> None:
    """Follow the link to how far it is, again and again, as somebody does without scripts."""
    page.wait_for_load_state()
    while not there.count():
        page.get_by_role("link", name="See how far it is now").click()
        page.wait_for_load_state()


@contextmanager
def own_port() -> Iterator[int]:
    """A free port that nobody else gets meanwhile: only who says so (SO_REUSEPORT) may listen there."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def wait_for(url: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=20):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
