"""PostgreSQL is the truth, the broker a bell: without it pages answer, nothing is lost, and sweeps catch up."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from activity.models import PendingEvaluation
from badges.models import Award
from notifications.models import Notice
from notifications.tasks import sweep
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import take_preset
from rules.presets import STARTERS
from rules.tasks import sweep_pending

HANGS_AFTER = 300  # seconds
SUBMIT = """
import django, sys
django.setup()
from django.test import Client
from people.models import User
client = Client()
client.force_login(User.objects.get(email="bob@riverside.example"))
for title in ("Red lids", "Second oximeter"):
    answer = client.post("/riverside/improvements/new/", {"kind": "improvement", "title": title})
    assert answer.status_code == 302, answer.status_code
assert client.get("/riverside/").status_code == 200
"""


@pytest.fixture(params=["refuses", "never answers"])
def deaf_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a broker that is not there, or that takes calls and says nothing."""
    path = str(tmp_path / "broker.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        if request.param == "never answers":
            listener.bind(path)
            listener.listen(16)
        yield f"unix://{path}"


def test_without_a_broker_nothing_is_lost(
    committed_db: None, organization: Organization, bob: Person, alice: Person, deaf_broker: str
) -> None:
    with tenant(organization):
        take_preset(organization=organization, preset=STARTERS[0], by=alice)
    environment = {**os.environ, "REDIS_URL": deaf_broker, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-c", SUBMIT], env=environment, check=True, timeout=HANGS_AFTER)
    with tenant(organization):
        assert PendingEvaluation.objects.count() == 2
        assert Award.objects.count() == 0

    sweep_pending()
    sweep()
    with tenant(organization):
        assert [award.badge.slug for award in Award.objects.all()] == ["first-improvement"]
        assert Notice.objects.filter(recipient=bob).count() == 1
        assert PendingEvaluation.objects.count() == 0
