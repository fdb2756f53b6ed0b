"""A running Lapel for a real browser: web, worker and beat as processes of their own, over the tests' servers."""

import os
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")  # its worker and beat would work on the rows of other tests
def running(
    browser: Browser, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lapel]:
    home = tmp_path_factory.mktemp("lapel")
    port = free_port()
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
        "web": ["gunicorn", "config.wsgi", "--threads=4", f"--bind=127.0.0.1:{port}"],
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
    """A window in which everything that the browser refuses or a script throws fails the test."""
    context = browser.new_context(base_url=lapel.url, viewport={"width": 1360, "height": 900})
    context.set_default_timeout(20_000)
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


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
