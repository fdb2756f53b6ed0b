import pytest
from django.test import Client

from badges.defining import store_emblem
from badges.emblem import Unusable
from badges.models import Badge, Emblem, EmblemImage
from people.models import Organization, Person
from people.tenancy import tenant
from tests.badges.pictures import opened, picture
from tests.factories import BadgeFactory


@pytest.fixture
def emblem(organization: Organization) -> Emblem:
    with tenant(organization):
        return store_emblem(organization=organization, data=picture(300, 300))


def test_the_same_picture_is_stored_once(inside: Organization) -> None:
    first = store_emblem(organization=inside, data=picture())
    assert store_emblem(organization=inside, data=picture()) == first
    assert (Emblem.objects.count(), EmblemImage.objects.count()) == (1, 4)


def test_an_organization_has_its_fill_of_emblems(
    inside: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("badges.defining.MOST_EMBLEMS", 1)
    first = store_emblem(organization=inside, data=picture())
    with pytest.raises(Unusable, match="already"):
        store_emblem(organization=inside, data=picture(colour="navy"))
    assert store_emblem(organization=inside, data=picture()) == first


def test_an_emblem_is_a_picture_that_browsers_may_keep_and_nothing_else(
    as_bob: Client, emblem: Emblem
) -> None:
    response = as_bob.get(f"/riverside/emblems/{emblem.pk}/168.png")
    assert opened(response.content).size == (168, 168)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_small_original_is_served_as_large_as_it_is(as_bob: Client, emblem: Emblem) -> None:
    assert opened(as_bob.get(f"/riverside/emblems/{emblem.pk}/384.png").content).size == (300, 300)


@pytest.mark.parametrize("rest", ["41.png", "0.png", f"{10**40}.png", "40.svg", "-40.png", "٤٠.png"])
def test_other_sizes_are_not_there(as_bob: Client, emblem: Emblem, rest: str) -> None:
    assert as_bob.get(f"/riverside/emblems/{emblem.pk}/{rest}").status_code == 404


@pytest.mark.parametrize("emblem_id", ["0", "999", "9" * 18, "9" * 400, "1%00"])
def test_other_emblems_are_not_there(as_bob: Client, emblem_id: str) -> None:
    assert as_bob.get(f"/riverside/emblems/{emblem_id}/40.png").status_code == 404


def test_emblems_do_not_leave_their_organization(as_charlie: Client, emblem: Emblem) -> None:
    assert as_charlie.get(f"/riverside/emblems/{emblem.pk}/40.png").status_code == 404
    assert as_charlie.get(f"/halden/emblems/{emblem.pk}/40.png").status_code == 404


def test_a_badge_knows_the_address_of_its_emblem(
    organization: Organization, emblem: Emblem, bob: Person
) -> None:
    badge: Badge = BadgeFactory(organization=organization, emblem=emblem)
    assert badge.emblem_url(56) == f"/riverside/emblems/{emblem.pk}/80.png"
    assert BadgeFactory(organization=organization).emblem_url(56) == "/static/emblems/none.svg"
