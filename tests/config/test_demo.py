"""The organization to try Lapel with: whole, as of now, and telling only of today."""

import pytest
from django.db.models import F

from activity.models import Activity, ItemKind, ItemState, WorkItem
from badges.models import Award, AwardEvent
from boards.models import Card
from config.demodata import LOGINS, riverside
from notifications.models import Notice
from people.models import Organization, Person, User
from people.tenancy import tenant


@pytest.fixture
def hospital(committed_db: None) -> Organization:
    riverside.load(lambda line: None)
    return Organization.objects.get(slug="riverside")


def test_riverside_is_alive(hospital: Organization) -> None:
    with tenant(hospital):
        assert Person.objects.count() == len(riverside.PEOPLE)
        hipaa = Award.objects.filter(badge__slug="hipaa-certified")
        assert hipaa.standing().count() > 20
        assert hipaa.filter(ended_why="expired").exists()
        starters = {"first-improvement", "kaizen-burst", "1-improvement-per-month", "hipaa-certified"}
        assert starters <= set(Award.objects.standing().values_list("badge__slug", flat=True))
        assert Award.objects.filter(ended_why="revoked").count() == 1
        assert not AwardEvent.objects.filter(to_tell=True).exists()
        unread = Notice.objects.filter(read_at=None)
        assert unread.count() < 30
        assert set(unread.values_list("recipient__email", flat=True)) >= {email for email, _ in LOGINS}
        assert not Award.objects.filter(starts_at__date__lt=F("person__joined_on")).exists()
        readers = WorkItem.objects.filter(author__name__in=riverside.READS_ONLY)
        assert not readers.exists()
        alone = WorkItem.objects.filter(completed_by=F("author")).exclude(kind=ItemKind.TASK)
        assert not alone.exists()
        void = Activity.objects.filter(voided_at__isnull=False, kind__name="improvement.submitted")
        assert set(void.values_list("item__state", flat=True)) == {ItemState.VOIDED}
        assert all(number.isdigit() for number in Person.objects.values_list("external_id", flat=True))
        assert all("badges" in card.columns for card in Card.objects.all())
    emails = {email for email, _ in LOGINS}
    assert set(User.objects.values_list("email", flat=True)) == emails
