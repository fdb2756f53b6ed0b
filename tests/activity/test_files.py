"""Files with an item: what is taken, what is made of it, and how it is handed out."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from activity.attaching import MOST_A_ITEM, attach_file, remove_file
from activity.models import Attachment, AttachmentData, WorkItem
from activity.steps import submit_improvement
from people.files import MOST_BYTES, Unusable, made_safe
from people.models import Organization, Person
from people.tenancy import tenant
from tests.badges.pictures import blank_png, picture, text_bomb

ITEM = "/riverside/improvements/1/"
ATTACH = f"{ITEM}files/"
PDF = b"%PDF-1.7 and so on"


@pytest.fixture
def item(bob: Person) -> WorkItem:
    with tenant(bob.organization):
        return submit_improvement(author=bob, title="Red lids")


def upload(client: Client, name: str = "plan.txt", data: bytes = b"Red") -> int:
    status = client.post(ATTACH, {"file": SimpleUploadedFile(name, data)}).status_code
    return int(status)


def test_a_picture_is_drawn_anew_and_nothing_else_survives() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where I live"
    safe = made_safe("lids.JPG", picture(300, 200, "JPEG", exif=exif) + b"<?php echo 1;")
    image = Image.open(io.BytesIO(safe.data))
    assert (safe.name, safe.content_type, image.size) == ("lids.jpg", "image/jpeg", (200, 300))
    assert (b"where I live" in safe.data, b"php" in safe.data, len(image.getexif())) == (False, False, 0)


@pytest.mark.parametrize(
    ("format", "name", "size"),
    [("PNG", "a.png", (2400, 1200)), ("WEBP", "a.jpg", (2400, 1200)), ("GIF", "a.jpg", (2400, 1200))],
)
def test_large_pictures_shrink_and_keep_their_shape(format: str, name: str, size: tuple[int, int]) -> None:
    safe = made_safe("a.exe", picture(3000, 1500, format))
    assert (safe.name, Image.open(io.BytesIO(safe.data)).size) == (name, size)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"MZ\x90\0", b"PK\x03\x04", b"a\0b", b"\xff\xfea\0", b"\xe9t\xe9", b"\x1b[31m",
        b"\x89PNG", b"\xff\xd8\xff\xe0 broken", b"GIF89a", b"RIFF1234WEBP", picture()[:200],
        blank_png(13_300, 13_300), blank_png(30_000, 30_000, bits=1), text_bomb(20), b"x" * (MOST_BYTES + 1),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_cannot_be_made_safe_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable):
        made_safe("a.png", data)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.csv", "plan.csv"), ("plan.HTML", "plan.txt"), ("x.php.md", "x.php.md"),
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\a\\b.txt", "b.txt"), ("\0", "file.txt"), ("", "file.txt"), (".txt", "txt.txt"),
        ("a\u202etxt.log", "atxt.log"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie x.txt"),
        ("x" * 300 + ".txt", "x" * 80 + ".txt"), ("été.txt", "été.txt"),
        ("a" + "\u0301" * 50 + ".txt", "file.txt"), ('"; x="y.txt', '"; x="y.txt'),
    ],
)  # fmt: skip
def test_names_keep_what_can_be_read(given: str, kept: str) -> None:
    assert made_safe(given, b"<script>1</script>").name == kept.replace("Set-Cookie x", "Set-Cookie: x")


def test_a_file_is_handed_out_as_a_download_and_nothing_else(as_bob: Client, item: WorkItem) -> None:
    assert upload(as_bob, 'Plän ".html', b"<script>1</script>") == 302
    with tenant(item.organization):
        path = Attachment.objects.get().get_absolute_url()
    assert "Plän &quot;.txt is attached." in as_bob.get(ITEM).content.decode()
    answer = as_bob.get(path)
    assert answer.content == b"<script>1</script>"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''Pl%C3%A4n%20%22.txt"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert path in as_bob.get(ITEM).content.decode()


def test_who_added_it_or_moves_work_may_remove_it(
    as_bob: Client, as_alice: Client, as_mary: Client, bob: Person, item: WorkItem
) -> None:
    with tenant(bob.organization):
        paths = [attach_file(item=item, by=bob, name="a", data=PDF).get_absolute_url() for _ in range(2)]
    why = {"reason": "Wrong ward"}
    assert as_alice.post(f"{paths[0]}remove/", why).status_code == 403
    assert [as_bob.post(f"{paths[0]}remove/", why).status_code for _ in range(2)] == [302, 404]
    assert as_mary.get(f"{paths[1]}remove/").status_code == 200
    assert as_mary.post(f"{paths[1]}remove/", why).status_code == 302
    assert [as_bob.get(path).status_code for path in paths] == [404, 404]
    assert as_bob.get(ITEM).content.decode().count("Wrong ward") == 2
    with tenant(bob.organization):
        assert (Attachment.objects.count(), AttachmentData.objects.count()) == (2, 0)
        assert Attachment.objects.values_list("removed_by__name", "removed_because").last() == (
            "Mary Moss", "Wrong ward",
        )  # fmt: skip


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "a\u202eb", "\0"])
def test_a_file_is_not_removed_without_a_reason(
    as_bob: Client, bob: Person, item: WorkItem, reason: str
) -> None:
    with tenant(bob.organization):
        path = attach_file(item=item, by=bob, name="a", data=PDF).get_absolute_url()
    answer = as_bob.post(f"{path}remove/", {"reason": reason})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reason"])
    assert as_bob.get(path).status_code == 200


def test_pictures_are_shown_small_and_nothing_else_is(as_bob: Client, bob: Person, item: WorkItem) -> None:
    with tenant(bob.organization):
        wide = attach_file(item=item, by=bob, name="a.jpg", data=picture(900, 300, "JPEG"))
        plan = attach_file(item=item, by=bob, name="a.pdf", data=PDF)
    answer = as_bob.get(f"{wide.get_absolute_url()}small/")
    assert Image.open(io.BytesIO(answer.content)).size == (192, 64)
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
        "image/png",
        "nosniff",
    )
    assert as_bob.get(f"{plan.get_absolute_url()}small/").status_code == 404
    page = as_bob.get(ITEM).content.decode()
    assert (page.count('loading="lazy"'), "JPEG, " in page, "PDF, " in page) == (1, True, True)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"", "is empty"),
        ("a.PNG", b"once a picture", "named .png and is damaged"),
        ("a.exe", b"MZ\x90\0", "Only pictures"),
        ("a.txt", b"x" * (MOST_BYTES + 1), "larger than 10 MB"),
        ("a.png", blank_png(13_300, 13_300), "more than 12 million pixels"),
    ],
)
def test_bad_files_are_named_and_nothing_stored(
    as_bob: Client, item: WorkItem, name: str, data: bytes, message: str
) -> None:
    response = as_bob.post(ATTACH, {"file": SimpleUploadedFile(name, data)})
    assert (response.status_code, message in response.context["attach"].errors["file"][0]) == (422, True)
    with tenant(item.organization):
        assert Attachment.objects.count() == 0


def test_no_file_is_said_to_be_missing(as_bob: Client, item: WorkItem) -> None:
    for sent in ({}, {"file": "not a file"}):
        assert as_bob.post(ATTACH, sent).context["attach"].errors["file"] == ["Choose a file first."]


def test_an_organization_keeps_so_much_and_removing_makes_room(item: WorkItem, bob: Person) -> None:
    with tenant(item.organization):
        first = attach_file(item=item, by=bob, name="a", data=b"x" * 60, quota=100)
        with pytest.raises(Unusable, match="space for files is used up"):
            attach_file(item=item, by=bob, name="b", data=b"x" * 41, quota=100)
        remove_file(attachment=first, by=bob, reason="Too large")
        attach_file(item=item, by=bob, name="b", data=b"x" * 41, quota=100)
        assert Attachment.objects.filter(removed_at=None).count() == 1


def test_an_item_keeps_so_many_and_its_page_asks_the_same(
    as_bob: Client, item: WorkItem, bob: Person
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_bob.get(ITEM).status_code == 200
        return len(captured)

    counts = []
    for number in range(MOST_A_ITEM):
        with tenant(item.organization):
            attach_file(item=item, by=bob, name=f"{number}", data=b"x")
        if number in (0, MOST_A_ITEM - 1):
            counts.append(queries())
    assert len(set(counts)) == 1
    assert upload(as_bob) == 422


def test_the_database_keeps_what_was_added(item: WorkItem, bob: Person, organization: Organization) -> None:
    with tenant(organization):
        kept = attach_file(item=item, by=bob, name="a", data=b"x")
        for change in ({"name": "b"}, {"size": 2}):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                Attachment.objects.filter(pk=kept.pk).update(**change)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Attachment.objects.filter(pk=kept.pk)._raw_delete("default")


def test_others_files_are_not_found(
    as_bob: Client, as_charlie: Client, charlie: Person, item: WorkItem, bob: Person
) -> None:
    with tenant(item.organization):
        path = attach_file(item=item, by=bob, name="a", data=b"x").get_absolute_url()
    assert as_charlie.get(path).status_code == 404
    assert as_charlie.get(path.replace("riverside", "halden")).status_code == 404
