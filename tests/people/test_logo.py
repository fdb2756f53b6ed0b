"""An organization's logo: pixels alone survive, it is seen by its people, and can be taken off."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from people.logo import Unusable, draw_logo
from people.models import AuditEntry, Logo, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import PersonFactory, RoleAssignmentFactory, UserFactory

URL = "/riverside/settings/logo/"


@pytest.fixture
def client(organization: Organization) -> Client:
    olga = PersonFactory(organization=organization, user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=olga, role=Role.OWNER)
    return logged_in(olga)


def drawn(width: int, height: int, kind: str = "PNG", colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind)
    return out.getvalue()


def sent(client: Client, data: bytes) -> int:
    return client.post(URL, {"file": SimpleUploadedFile("logo.svg", data)}).status_code


def test_it_is_shown_on_every_page_and_taken_off(
    client: Client, as_bob: Client, as_charlie: Client, organization: Organization
) -> None:
    assert sent(client, drawn(960, 168)) == 302
    organization.refresh_from_db()
    assert organization.logo_url in as_bob.get("/riverside/people/").content.decode()
    answer = as_bob.get(organization.logo_url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.content)).size == (480, 84)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert as_charlie.get(organization.logo_url).status_code == 404
    assert as_charlie.get(organization.logo_url.replace("riverside", "halden")).status_code == 404
    assert "Take the logo off" in client.get(URL).content.decode()
    assert [client.post(URL, {"remove": "1"}).status_code for _ in range(2)] == [302, 302]
    assert as_bob.get(organization.logo_url).status_code == 404
    assert "brandlogo" not in as_bob.get("/riverside/people/").content.decode()
    with tenant(organization):
        noted = AuditEntry.objects.filter(action__startswith="organization.").order_by("pk")
        assert list(noted.values_list("action", flat=True)) == ["organization.logo", "organization.unlogo"]


def test_another_takes_its_place(client: Client, organization: Organization) -> None:
    for colour in ("red", "blue", "blue"):
        assert sent(client, drawn(200, 60, colour=colour)) == 302
    organization.refresh_from_db()
    with tenant(organization):
        assert list(Logo.objects.values_list("digest", flat=True)) == [organization.logo]


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload='alert(1)'/>", drawn(10, 10), drawn(2000, 30), drawn(100, 100)[:60]]
)
def test_what_is_no_picture_is_refused(client: Client, organization: Organization, data: bytes) -> None:
    assert sent(client, data) == 422
    assert client.post(URL).status_code == 422
    with tenant(organization):
        assert not Logo.objects.exists()


def test_nothing_of_the_file_survives_but_pixels() -> None:
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "secret"  # turned by a quarter
    Image.new("RGB", (60, 120), "green").save(picture, "JPEG", exif=exif, comment=b"secret")
    _, png = draw_logo(picture.getvalue())
    assert b"secret" not in png
    assert Image.open(io.BytesIO(png)).size == (120, 60)
    with pytest.raises(Unusable):
        draw_logo(b"x" * (5 * 1024 * 1024 + 1))


def test_the_settings_lead_there(client: Client, organization: Organization, bob: Person) -> None:
    assert URL in client.get("/riverside/settings/organization/").content.decode()
    assert logged_in(bob).get(URL).status_code == 403
