"""Imports in the browser: seen before anything is stored, whole or nothing, repeatable, undone as far as is exact."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activity.impact_kinds import begin_impacts
from activity.models import Activity
from badges.models import Award, AwardEvent, AwardTally, Evidence
from integrations import import_work, imports
from integrations.kinds import KINDS, Kind, guess, plain
from integrations.models import Import, ImportData, ImportState
from integrations.tasks import SILENCE, sweep_imports
from people.bulk import PersonRow, put_people
from people.clock import now
from people.invitations import invite_person
from people.leaving import deactivate_person, return_person
from people.models import Invitation, Location, Organization, Person, Placement, RecordChange
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, PersonFactory, RoleAssignmentFactory, UserFactory

URL = "/riverside/settings/imports/"
CREW = "external_id,name,email,location,manager\nann,Ann Adams,ann@x.example,ward-1,ben\nben,Ben Brown,,ward-1,\n"
DEEDS = "external_id,person_external_id,kind,occurred_at\n"
GRANTS = "person,badge,given_on,reason\n"


@pytest.fixture
def olive(organization: Organization) -> Person:
    person = PersonFactory(organization=organization, name="Olive", external_id="olive", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=person, role=Role.OWNER)
    return person


@pytest.fixture
def client(olive: Person) -> Client:
    return logged_in(olive)


def upload(client: Client, kind: str, text: str | bytes, name: str = "crew.csv") -> Any:
    data = text.encode() if isinstance(text, str) else text
    return client.post(URL, {"kind": kind, "file": SimpleUploadedFile(name, data)})


def carry_on(organization: Organization) -> Import:
    """As the worker does, for the youngest import."""
    with tenant(organization):
        pk = Import.objects.latest("pk").pk
    import_work.work(organization=organization, import_id=pk)
    with tenant(organization):
        return Import.objects.get(pk=pk)


def checked(client: Client, organization: Organization, kind: str, text: str) -> Import:
    assert upload(client, kind, text).status_code == 302
    return carry_on(organization)


def imported(client: Client, organization: Organization, kind: str, text: str, **sent: str) -> Import:
    found = checked(client, organization, kind, text)
    assert (found.state, found.bad) == (ImportState.CHECKED, 0)
    client.post(f"{URL}{found.pk}/start/", sent)
    return carry_on(organization)


def undone(client: Client, organization: Organization, found: Import) -> Import:
    client.post(f"{URL}{found.pk}/undo/")
    import_work.work(organization=organization, import_id=found.pk)
    with tenant(organization):
        return Import.objects.get(pk=found.pk)


def counts(found: Import) -> tuple[int, int, int, int]:
    return found.new, found.changed, found.same, found.bad


def faults(organization: Organization, found: Import) -> list[list[Any]]:
    with tenant(organization):
        return list(ImportData.objects.get(of=found).faults)


def names(organization: Organization) -> list[str]:
    with tenant(organization):
        return sorted(Person.objects.exclude(external_id="olive").values_list("name", flat=True))


# --- the way of a file


def test_people_are_shown_first_then_stored_and_the_same_file_is_warned_of(
    client: Client, organization: Organization
) -> None:
    found = checked(client, organization, "people", CREW)
    assert (found.state, counts(found)) == (ImportState.CHECKED, (2, 0, 0, 0))
    page = client.get(found.get_absolute_url()).content.decode()
    assert "Locations that are not known yet are added: ward-1." in page
    assert "imported already" not in page
    assert names(organization) == []
    client.post(f"{URL}{found.pk}/start/")
    client.post(f"{URL}{found.pk}/start/")
    assert carry_on(organization).state == ImportState.DONE
    assert names(organization) == ["Ann Adams", "Ben Brown"]
    with tenant(organization):
        assert RecordChange.objects.filter(person=None).count() == 1
    again = checked(client, organization, "people", CREW)
    assert counts(again) == (0, 0, 2, 0)
    page = client.get(again.get_absolute_url()).content.decode()
    assert ["imported already" in page, "there is nothing to import" in page] == [True, True]
    assert "Import 2 rows" not in page


def test_columns_are_guessed_chosen_and_remembered(client: Client, organization: Organization) -> None:
    text = "Clock card,Full Name,Shoe size,Mail\n1,Ann Adams,38,ann@x.example\n"
    page = upload(client, "people", text)
    with tenant(organization):
        found = Import.objects.get()
    assert (found.state, found.mapping) == ("mapping", {"name": "Full Name", "email": "Mail"})
    assert client.get(page.url).status_code == 200
    answer = client.post(page.url, {"name": "1", "email": "1"})
    assert answer.status_code == 422
    assert "Choose the column for “Staff number”" in answer.content.decode()
    assert "is chosen for “Name” already" in answer.content.decode()
    assert client.post(page.url, {"external_id": "99", "name": "x"}).status_code == 422
    assert client.post(page.url, {"external_id": "0", "name": "1", "email": "3"}).status_code == 302
    assert counts(carry_on(organization)) == (1, 0, 0, 0)
    upload(client, "people", text + "2,Ben Brown,44,\n")
    with tenant(organization):
        latest = Import.objects.latest("pk")
    assert latest.mapping == {"external_id": "Clock card", "name": "Full Name", "email": "Mail"}


@pytest.mark.parametrize(
    ("kind", "header", "found"),
    [
        ("people", "STAFF-NUMBER|E-Mail|naMe|Department", "external_id email name location"),
        ("people", "No.|Full name|Mail|Where|Supervisor|Hire date",
         "external_id name email location manager joined_on"),
        ("people", "Nr|Name|Vorname|E-Mail-Adresse|Abteilung|Eintritt am|Funktion",
         "external_id name first_name email location joined_on title"),
        ("people", "Matricule|Nom|Prénom|Courriel|Service|Responsable|Poste",
         "external_id name first_name email location manager title"),
        ("people", "N.º de empleado|Apellidos|Nombre de pila|Correo electrónico|Ubicación|Jefe|Cargo",
         "external_id name first_name email location manager title"),
        ("people", "ID|First Name|Last Name|Email|Site|Department", "external_id first_name name email"),
        ("activities", "Nr.|Personalnummer|Art|Datum|Betrag", "external_id person_external_id kind occurred_at value"),
        ("grants", "Mail|Badge name|Date|Why|Valid until|Link", "person badge given_on reason ends_on evidence"),
        ("grants", "Staff number|E-mail|Badge|Comment", "badge reason"),
    ],
)  # fmt: skip
def test_columns_are_recognised_in_four_languages_where_only_one_can_be_meant(
    kind: str, header: str, found: str
) -> None:
    names = header.split("|")
    guessed = guess(KINDS[kind], names)
    assert sorted(guessed, key=lambda column: names.index(guessed[column])) == found.split()


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_no_heading_stands_for_two_columns(kind: Kind) -> None:
    names = [(plain(name), column.name) for column in kind.columns for name in kind.headings[column.name]]
    assert {name: {c for n, c in names if n == name} for name, _ in names if name} == {
        name: {column} for name, column in names if name
    }


def test_where_several_columns_could_be_it_they_are_named(client: Client, organization: Organization) -> None:
    page = client.get(upload(client, "people", "ID;Name;Site;Department\n1;Ann;North;Lab\n").url).text
    assert "Perhaps Site or Department?" in page


def test_a_spreadsheet_s_names_and_days_are_understood(client: Client, organization: Organization) -> None:
    rows = "a,Ann,Adams,2.3.2026\nb,Ben,Ben Brown,2026-03-02 00:00:00\nc,,Cid,31.12.1999\n"
    text = f"external_id,first_name,name,joined_on\n{rows}"
    imported(client, organization, "people", text)
    with tenant(organization):
        told = (
            Person.objects.exclude(external_id="olive")
            .order_by("external_id")
            .values_list("name", "joined_on")
        )
        assert [(name, str(day)) for name, day in told] == [
            ("Ann Adams", "2026-03-02"), ("Ben Brown", "2026-03-02"), ("Cid", "1999-12-31"),
        ]  # fmt: skip


def test_faults_speak_of_the_file_s_own_columns(client: Client, organization: Organization) -> None:
    page = upload(client, "people", "Clock card;Full name;Hired;Mail\n;Ann;3/2/2026;x\n").url
    client.post(page, {"external_id": "0", "name": "1", "joined_on": "2", "email": "3"})
    assert faults(organization, carry_on(organization)) == [
        [2, "“Clock card” is empty; “Mail” 'x' is not an e-mail address; "
            "“Hired” '3/2/2026' may begin with the day or with the month: choose which with the columns, "
            "or write it as 2026-03-02"]
    ]  # fmt: skip


@pytest.mark.parametrize(("order", "day"), [("dmy", "2026-02-03"), ("mdy", "2026-03-02")])
def test_days_with_slashes_are_read_as_whoever_imports_says(
    client: Client, organization: Organization, order: str, day: str
) -> None:
    found = checked(client, organization, "people", "external_id,name,joined_on\na,Ann,3/2/2026\n")
    assert found.bad == 1
    columns = {"external_id": "0", "name": "1", "joined_on": "2", "day_order": order}
    assert client.post(found.get_absolute_url(), columns).status_code == 302
    assert carry_on(organization).bad == 0
    client.post(f"{URL}{found.pk}/start/")
    carry_on(organization)
    with tenant(organization):
        assert str(Person.objects.get(external_id="a").joined_on) == day


def test_what_the_file_has_no_column_for_stays(client: Client, organization: Organization) -> None:
    imported(client, organization, "people", CREW)
    found = imported(client, organization, "people", "external_id,name\nann,Ann Miller\n")
    assert counts(found) == (0, 1, 0, 0)
    with tenant(organization):
        ann = Person.objects.get(external_id="ann")
        kept = (ann.email, ann.location.external_id, ann.manager.external_id)
    assert (ann.name, *kept) == ("Ann Miller", "ann@x.example", "ward-1", "ben")


# --- bad files and rows


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty"),
        (b"external_id,name\n", "no row follows"),
        (b"external_id\n1\n", "names 1 column, but these are needed: Staff number, Name."),
        ("external_id,name\n1,Ann".encode("utf-16")[:-1], "UTF-16, but damaged"),
        ("external_id,name\n1,Jürgen\n".encode("mac-roman"), "cannot be told what its letters are"),
        ("external_id,name\n1,Jörg\n".encode("cp850"), "cannot be told what its letters are"),
        ("external_id,name\n1,Иванова\n".encode("cp1251"), "cannot be told what its letters are"),
        ("external_id,name\n1,Wałęsa\n".encode("cp1250"), "cannot be told what its letters are"),
        (b"\xd0\xcf\x11\xe0" + bytes(300), "a workbook or a ZIP file"),
        (b"PK\x03\x04" + bytes(300), "a workbook or a ZIP file"),
        (b"external_id,name\n1,A\x00nn\n", "NUL byte"),
        (b'external_id,name\n1,"Ann\n', "never closed"),
        (b"external_id,name\r1,Ann\r", "old Macintosh style"),
        (b"external_id,name\n" + b"1,Ann\n" * 100_001, "more than 100,000 rows"),
        (b"external_id,na\xe2\x80\xaeme\n1,Ann\n", "invisible or control"),
        (b"external_id,name\n1," + b"a" * 140_000 + b"\n", "more than 131,072 characters"),
    ],
)
def test_a_file_that_cannot_be_taken_is_explained_beside_the_field(
    client: Client, organization: Organization, data: bytes, message: str
) -> None:
    answer = upload(client, "people", data)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    with tenant(organization):
        assert Import.objects.count() == 0


@pytest.mark.parametrize("mark", [";", "\t"])
def test_semicolons_and_tabs_are_fine(client: Client, organization: Organization, mark: str) -> None:
    text = f'external_id{mark}name\n1{mark}"Adams, Ann"\n'
    assert counts(checked(client, organization, "people", text)) == (1, 0, 0, 0)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_what_spreadsheets_save_is_read_letter_by_letter(
    client: Client, organization: Organization, encoding: str
) -> None:
    """Excel's plain CSV, of which the reader is told, and its Unicode text, which says itself what it is."""
    text = "external_id\tname\ttitle\n1\tJürgen Groß\tAide-soignant à l’hôpital\n"
    page = upload(client, "people", text.encode(encoding), "crew.txt")
    found = carry_on(organization)
    assert counts(found) == (1, 0, 0, 0)
    content = client.get(page.url).content.decode()
    told = "Read as Western European (Windows-1252). Look whether these words are right: <strong><bdi>Jürgen</bdi>"
    assert (told in content) == (encoding == "cp1252")
    client.post(f"{page.url}start/")
    carry_on(organization)
    with tenant(organization):
        assert list(Person.objects.filter(external_id="1").values_list("name", "title")) == [
            ("Jürgen Groß", "Aide-soignant à l’hôpital")
        ]


def test_of_columns_with_one_name_the_right_one_is_chosen(client: Client, organization: Organization) -> None:
    page = upload(client, "people", "Nr,Name,Shoes,Name\n1,Ward,38,Ann Adams\n")
    content = client.get(page.url).content.decode()
    assert "Perhaps Name (column 2) or Name (column 4)?" in content
    client.post(page.url, {"external_id": "0", "name": "3"})
    assert carry_on(organization).new == 1
    client.post(f"{page.url}start/")
    carry_on(organization)
    assert names(organization) == ["Ann Adams"]


def test_an_import_of_people_holds_back_nobody_whom_it_does_not_change(
    committed_db: None, organization: Organization
) -> None:
    rows = [PersonRow(name.lower(), name, title="Nurse") for name in ("Ann", "Ben", "Cid")]
    with tenant(organization):
        put_people(organization=organization, rows=rows)
    side = connection.copy()
    with tenant(organization):
        rows[0], rows[2] = replace(rows[0], title="Matron"), replace(rows[2], manager="ben")
        assert put_people(organization=organization, rows=rows).changed == 2
        with side.cursor() as cursor:
            cursor.execute("SELECT set_config('app.organization', %s, false)", [str(organization.pk)])
            cursor.execute("SELECT external_id FROM people_person FOR NO KEY UPDATE SKIP LOCKED")
            free = [name for (name,) in cursor.fetchall()]
    side.close()
    assert free == ["ben"]


def test_too_large_a_file_and_an_unknown_kind_are_refused(client: Client, organization: Organization) -> None:
    large = upload(client, "people", b"a" * (50 * 1024 * 1024 + 1))
    assert (large.status_code, "larger than 50 MB" in large.content.decode()) == (422, True)
    assert upload(client, "shoes", CREW).status_code == 422
    assert client.post(URL, {"kind": "people"}).status_code == 422


def test_every_bad_row_is_named_and_nothing_can_be_started(
    client: Client, organization: Organization
) -> None:
    rows = "".join(f",,=N{number},\n" for number in range(250))
    text = f"external_id,,name,email\nann,,Ann,\nann,,Ann,x\n{rows}"  # a column without a name, as spreadsheets have
    found = checked(client, organization, "people", text)
    assert (found.bad, len(faults(organization, found))) == (251, 251)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "“email” &#x27;x&#x27; is not an e-mail address" in page
    assert (page.count("“external_id” is empty"), "And 51 more" in page) == (199, True)
    client.post(f"{URL}{found.pk}/start/")
    assert carry_on(organization).state == ImportState.CHECKED
    assert names(organization) == []
    text = client.get(f"{URL}{found.pk}/rows.csv").content.decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    assert table[0] == ["line", "reason", "external_id", "", "name", "email"]
    assert table[2] == ["4", "“external_id” is empty", "", "", "'=N0", ""]
    assert len(table) == 252


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ann,Ann,OLIVE@x.example,,", "belongs to 'olive'"),
        ("olive,Olive,new@x.example,,", None),
        ("ann,Ann,,,nobody", "manager 'nobody' is not among the people"),
        ("ann,Ann,,,ann", "leads back to 'ann'"),
        ("ann,A\u202enn,,,", "invisible or control characters"),
        ("ann,Ann", "has 2 cells, but the header names 5 columns: commas are missing"),
        ("ann", "has 1 cell, but the header names 5 columns: commas are missing"),
        (",,x,,", "“external_id” is empty; “name” is empty; “email” 'x' is not an e-mail address"),
    ],
)
def test_a_bad_person_is_named(
    client: Client, olive: Person, organization: Organization, row: str, reason: str | None
) -> None:
    with tenant(organization):
        Person.objects.filter(pk=olive.pk).update(email="olive@x.example")
    found = checked(client, organization, "people", f"external_id,name,email,location,manager\n{row}\n")
    told = faults(organization, found)
    assert (len(told), reason is None or reason in told[0][1]) == (0 if reason is None else 1, True)


def test_the_same_address_in_other_letters_twice_is_named(client: Client, organization: Organization) -> None:
    text = "external_id,name,email\na,Ann,ann@x.example\nb,Ben,ANN@x.example\n"
    found = checked(client, organization, "people", text)
    assert faults(organization, found) == [[3, "“email” 'ann@x.example' stands on line 2 already"]]


def test_addresses_of_another_organization_give_nothing_away(
    client: Client, organization: Organization, charlie: Person
) -> None:
    found = checked(client, organization, "people", f"external_id,name,email\nc,Cher,{charlie.email}\n")
    assert (counts(found), found.remarks) == ((1, 0, 0, 0), [])


def test_a_user_administrator_cannot_move_the_mail_of_an_owner(
    organization: Organization, olive: Person
) -> None:
    una = PersonFactory(organization=organization, external_id="una", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=una, role=Role.USER_ADMINISTRATOR)
    text = "external_id,name,email\nolive,Olive,una2@x.example\nuna,Una,una3@x.example\n"
    found = checked(logged_in(una), organization, "people", text)
    assert [(line, "'olive' can be changed only" in why) for line, why in faults(organization, found)] == [
        (2, True)
    ]


def test_a_changed_address_closes_the_invitation_to_the_old_one(
    client: Client, olive: Person, organization: Organization
) -> None:
    imported(client, organization, "people", CREW)
    with tenant(organization):
        invite_person(person=Person.objects.get(external_id="ann"), by=olive)
    imported(client, organization, "people", "external_id,name,email\nann,Ann Adams,other@x.example\n")
    with tenant(organization):
        assert Invitation.objects.get().closed_at is not None


# --- who may


def test_badges_by_hand_need_both_administrations(organization: Organization, client: Client) -> None:
    una = PersonFactory(organization=organization, user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=una, role=Role.USER_ADMINISTRATOR)
    found = checked(client, organization, "grants", GRANTS + "olive,none,,Why\n")
    as_una = logged_in(una)
    assert upload(as_una, "grants", GRANTS + "olive,none,,Why\n").status_code == 422
    assert as_una.get(found.get_absolute_url()).status_code == 404
    assert as_una.get(f"{URL}template.csv?kind=grants").status_code == 404


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_template_is_a_file_that_can_be_read(
    client: Client, organization: Organization, kind: str
) -> None:
    answer = client.get(f"{URL}template.csv?kind={kind}")
    assert upload(client, kind, answer.content).status_code == 302
    found = carry_on(organization)
    assert (found.state, found.rows) == (ImportState.CHECKED, 1)


# --- activities


def test_activities_are_recorded_once_and_voided_by_undoing(
    client: Client, organization: Organization
) -> None:
    text = (
        DEEDS + "1,olive,improvement.submitted,2026-03-02T15:00:00Z\n2,olive,idea.had,2026-03-03T15:00:00Z\n"
    )
    first = imported(client, organization, "activities", text.rsplit("2,olive", 1)[0])
    second = imported(client, organization, "activities", text)
    assert (counts(first), counts(second)) == ((1, 0, 0, 0), (1, 0, 1, 0))
    gone = undone(client, organization, second)
    assert (gone.state, gone.taken_back, gone.kept) == (ImportState.UNDONE, 1, 0)
    with tenant(organization):
        void = dict(Activity.objects.values_list("external_id", "voided_at"))
    assert (void["1"], void["2"] is None) == (None, False)
    again = checked(client, organization, "activities", text)
    assert counts(again) == (0, 0, 2, 0)
    assert again.remarks == [
        "1 were recorded before and voided since. They stay void; a new id records them anew."
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,nobody,idea.had,2026-03-02T15:00:00Z,", "nobody has the staff number 'nobody'"),
        ("1,olive,idea.had,2026-03-02T15:00:00Z,", "“external_id” '1' stands on line 2 already"),
        ("2,olive,idea,2026-03-02T15:00:00Z,", "is not a dotted name"),
        ("2,olive,idea.had,2026-03-02,", "says no time zone"),
        ("2,olive,idea.had,2026-03-02T15:00:00Z,lapel", "the name of what Lapel itself records"),
        (f"2,olive,idea.had,2026-03-02T15:00:00Z,{'s' * 61}", "at most 60 are possible"),
    ],
)
def test_a_bad_activity_is_named(client: Client, organization: Organization, row: str, reason: str) -> None:
    text = f"{DEEDS.strip()},source\n1,olive,idea.had,2026-03-02T15:00:00Z,\n{row}\n"
    told = faults(organization, checked(client, organization, "activities", text))
    assert [(line, reason in why) for line, why in told] == [(3, True)]


def test_what_was_verified_elsewhere_comes_along_and_it_is_said_so(
    client: Client, organization: Organization
) -> None:
    with tenant(organization):
        begin_impacts(organization=organization)
    head = f"{DEEDS.strip()},value\n"
    text = (
        f"{head}1,olive,impact.time_saved,2026-03-02T15:00:00Z,120\n2,olive,impact.safety,2026-03-02T15:00:00Z,\n"
        "3,olive,improvement.verified,2026-03-02T15:00:00Z,500\n4,olive,idea.had,2026-03-02T15:00:00Z,\n"
    )
    found = imported(client, organization, "activities", text)
    assert found.remarks[0] == (
        "Verified elsewhere: 1 of “Safety, verified”, 1 of “Time saved, verified”, 1 of “Improvement verified”. Rules "
        "count that like what is verified here, and no work that is kept in Lapel stands behind it."
    )
    assert found.remarks[0] in client.get(f"{URL}{found.pk}/").text
    with tenant(organization):
        assert set(Activity.objects.values_list("item", "source__name")) == {(None, "import")}
    wrong = (
        f"{head}5,olive,impact.time_saved,2026-03-02T15:00:00Z,\n6,olive,impact.time_saved,2026-03-02T15:00:00Z,0\n"
        "7,olive,impact.safety,2026-03-02T15:00:00Z,3\n"
    )
    assert faults(organization, checked(client, organization, "activities", wrong)) == [
        [2, "“value” is empty, and Time saved is a figure"],
        [3, "“value” 0 is not more than 0: what brings no Time saved is left out"],
        [4, "“value” stays empty: Safety is said in words"],
    ]


# --- badges by hand


@pytest.fixture
def badge(organization: Organization) -> Any:
    return BadgeFactory(organization=organization, slug="helper", ends_after="1 year", may_give_oneself=True)


def days_ago(days: int) -> str:
    return (now() - timedelta(days=days)).date().isoformat()


def told_later() -> list[int]:
    events = AwardEvent.objects.filter(to_tell=True).order_by("pk")
    return list(events.values_list("award__person", flat=True))


def test_badges_are_given_renewed_and_put_back_exactly(
    client: Client, organization: Organization, badge: Any, olive: Person
) -> None:
    ann = PersonFactory(organization=organization, external_id="ann", email="ann@x.example")
    imported(client, organization, "grants", f"{GRANTS}ann,helper,{days_ago(200)},Long ago\n", tells="on")
    with tenant(organization):
        before = Award.objects.values().get(person=ann)
    text = f"{GRANTS}ANN@x.example,helper,{days_ago(20)},Again\nolive,helper,,First\n"
    found = imported(client, organization, "grants", text, tells="on")
    assert counts(found) == (1, 1, 0, 0)
    with tenant(organization):
        assert told_later() == [ann.pk, olive.pk]
        assert Award.objects.get(person=ann).expires_at > before["expires_at"]
        assert set(AwardTally.objects.values_list("badge_count", flat=True)) == {1}
    again = checked(client, organization, "grants", text)
    assert counts(again) == (0, 0, 2, 0)
    gone = undone(client, organization, found)
    assert (gone.state, gone.taken_back, gone.kept) == (ImportState.UNDONE, 2, 0)
    with tenant(organization):
        assert Award.objects.values().get(person=ann) == before
        taken = Award.objects.get(person=olive)
        assert (taken.ended_why, taken.end_reason) == ("undone", "The import was undone.")
        assert told_later() == [ann.pk]  # of the earlier import


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nobody,helper,,Why", "nobody has the staff number or e-mail address 'nobody'"),
        ("olive,nothing,,Why", "no badge has the name or short name 'nothing'"),
        ("ann,Twin,,Why", "2 badges have the name 'Twin'; write the short name, 'twin-1' or 'twin-2'"),
        ("olive,byrule,,Why", "cannot be given by hand"),
        ("gone,helper,,Why", "has left"),
        ("olive,helper,2999-01-01,Why", "is not between the years"),
        ("olive,helper,2100-01-01,Why", "lies ahead"),
        ("olive,helper,1950-01-01,Why", "more than 50 years back"),
        ("olive,helper,2020-01-01,Why", "would have ended already"),
        ("olive,helper,,", "“reason” is empty"),
        ("ann,helper,,Twice", "stands on line 2 already"),
        ("olive,Star,,Why", "Nobody gives Star to themselves"),
        ("gia,one,,Why", "can be held by 1 person at most"),
        ("gia,closed,,Why", "is closed, and 'gia' does not hold it"),
    ],
)
def test_a_bad_grant_is_named(
    client: Client, organization: Organization, badge: Any, row: str, reason: str
) -> None:
    BadgeFactory(organization=organization, slug="byrule", mode="rule")
    BadgeFactory(organization=organization, slug="star", name="Star")
    for slug in ("twin-1", "twin-2"):
        BadgeFactory(organization=organization, slug=slug, name="Twin")
    BadgeFactory(organization=organization, slug="closed", state="closed", closed_at=now())
    one = BadgeFactory(organization=organization, slug="one", most_holders=1)
    PersonFactory(organization=organization, external_id="ann")
    PersonFactory(organization=organization, external_id="gia")
    with tenant(organization):
        held = {
            "organization": organization,
            "badge": one,
            "person": PersonFactory(organization=organization),
        }
        Award.objects.create(**held, origin="hand", starts_at=now(), recorded_at=now())
    PersonFactory(organization=organization, external_id="gone", left_on=now().date())
    found = checked(client, organization, "grants", f"{GRANTS}ann,helper,,Once\n{row}\n")
    assert [(line, reason in why) for line, why in faults(organization, found)] == [(3, True)]


def test_an_end_may_be_chosen_row_by_row_and_never_shortens(
    client: Client, organization: Organization, badge: Any
) -> None:
    PersonFactory(organization=organization, external_id="ann")
    header = "person,badge,ends_on,reason\n"
    last = timezone.localdate(now(), organization.time_zone) + timedelta(days=40)
    imported(client, organization, "grants", f"{header}ann,helper,{last},Course\nolive,helper,,Course\n")
    with tenant(organization):
        ends = dict(Award.objects.values_list("person__external_id", "expires_at"))
    assert ends["ann"].astimezone(organization.time_zone).date() == last
    assert ends["olive"] > ends["ann"]  # as the badge says
    shorter = checked(
        client, organization, "grants", f"{header}ann,helper,{last - timedelta(days=1)},Course\n"
    )
    assert counts(shorter) == (0, 0, 1, 0)
    assert "1 hold the badge for longer" in client.get(shorter.get_absolute_url()).text
    text = f"{header}ann,helper,2020-01-31,Over\nolive,helper,2190-01-01,Far\nolive,helper,soon,When\n"
    told = [why for _, why in faults(organization, checked(client, organization, "grants", text))]
    assert [why.rpartition("“ends_on” ")[2] for why in told] == [
        "2020-01-31 is over",
        "2190-01-01 lies more than a hundred years ahead",
        "'soon' is not a day such as 2026-03-02 or 2.3.2026",
    ]


# --- whole or nothing, undoing, dead workers


def test_undoing_lets_leave_only_those_to_whom_nothing_has_happened(
    client: Client, organization: Organization, badge: Any
) -> None:
    text = "external_id,name,manager\nann,Ann,ben\nben,Ben,\ncid,Cid,dan\ndan,Dan,\n"
    found = imported(client, organization, "people", text)
    imported(client, organization, "grants", GRANTS + "cid,helper,,Well done\n")
    gone = undone(client, organization, found)
    assert (gone.state, gone.taken_back, gone.kept) == (ImportState.UNDONE, 2, 2)
    with tenant(organization):
        left = Person.objects.exclude(left_on=None).values_list("external_id", flat=True)
        assert sorted(left) == ["ann", "ben"]


def test_whoever_is_changed_while_rows_are_compared_is_compared_anew(organization: Organization) -> None:
    def meanwhile(done: int) -> None:
        Person.objects.filter(external_id="ann", title="Nurse").update(title="Matron")

    with tenant(organization):
        put_people(organization=organization, rows=[PersonRow("ann", "Ann", title="Nurse")])
        rows = [PersonRow("ben", "Ben"), PersonRow("ann", "Ann", title="Head")]
        put = put_people(organization=organization, rows=rows, progress=meanwhile)
        assert [(change.before, change.after) for change in put.changes] == [
            ({"title": "Matron"}, {"title": "Head"})
        ]
        assert Person.objects.get(external_id="ann").title == "Head"


def test_a_mended_file_brings_those_back_whom_undoing_let_leave(
    client: Client, organization: Organization, olive: Person
) -> None:
    header = "external_id,name,title,location,part_of,joined_on\n"
    wrong = "ann,Ann,Nurse,icu,main,2020-02-01\nben,Ben,Clerk,icu,main,\ncid,Cid,Clerk,icu,main,\n"
    undone(client, organization, imported(client, organization, "people", header + wrong))
    with tenant(organization):
        cid = Person.objects.get(external_id="cid")
        return_person(person=cid, by=olive)
        deactivate_person(person=cid, by=olive, left_on=timezone.localdate(now(), organization.time_zone))
    right = header + "ann,Ann,Matron,icu,main,2021-02-01\nben,Ben,Clerk,lab,main,\ncid,Cid,Clerk,icu,main,\n"
    found = checked(client, organization, "people", right)
    assert (found.bad, found.new, found.same, found.remarks) == (0, 2, 1, [
        "Locations that are not known yet are added: main > lab.",
        "2 people left when an import was undone. They come anew.",
        "Locations that were closed when an import was undone are opened again: main, icu.",
        "1 of these people have left. They stay so; let them return under People, or by a file, "
        "where that is wrong.",
    ])  # fmt: skip
    client.post(f"{URL}{found.pk}/start/")
    assert carry_on(organization).state == ImportState.DONE
    with tenant(organization):
        here = Person.objects.filter(left_on=None).exclude(external_id="olive").order_by("external_id")
        assert list(here.values_list("external_id", "title")) == [("ann", "Matron"), ("ben", "Clerk")]
        placed = Placement.objects.filter(person__in=here).order_by("person__external_id", "from_on")
        assert list(placed.values_list(*HISTORY)) == [
            (date(2021, 2, 1), "icu", "Matron"),
            (date.min, "lab", "Clerk"),
        ]
        assert not Location.objects.exclude(closed_on=None).exists()
    again = undone(client, organization, found)
    assert (again.taken_back, again.kept) == (2, 0)
    assert names(organization) == ["Ann", "Ben", "Cid"]
    with tenant(organization):
        assert not Person.objects.filter(left_on=None).exclude(external_id="olive").exists()
        assert list(Location.objects.filter(closed_on=None).values_list("external_id", flat=True)) == []


HISTORY = ("from_on", "location__external_id", "title")


def test_undoing_puts_back_what_it_changed_unless_that_was_changed_since(
    client: Client, organization: Organization
) -> None:
    header = "external_id,name,title,location,joined_on,manager\n"
    old = header + "ann,Ann,Nurse,ward-1,2020-02-01,ben\nben,Ben,Head,ward-1,,\ncid,Cid,Clerk,ward-2,,\n"
    imported(client, organization, "people", old)
    with tenant(organization):
        before = list(Person.objects.order_by("pk").values())
        placed = list(Placement.objects.order_by("pk").values_list(*HISTORY))
    new = header + "ann,Ann Adams,Matron,ward-2,2021-02-01,\nben,Ben,Head,ward-1,,\ncid,Cyd,Clerk,ward-2,,\n"
    found = imported(client, organization, "people", new)
    assert counts(found) == (0, 2, 1, 0)
    with tenant(organization):
        Person.objects.filter(external_id="cid").update(name="Sid")
        RecordChange.objects.all().delete()
    gone = undone(client, organization, found)
    assert (gone.taken_back, gone.kept) == (1, 1)
    with tenant(organization):
        after = list(Person.objects.order_by("pk").values())
        assert [row for row in after if row["external_id"] != "cid"] == [
            row for row in before if row["external_id"] != "cid"
        ]
        assert Person.objects.get(external_id="cid").name == "Sid"
        today = timezone.localdate(now(), organization.time_zone)
        moves = list(Placement.objects.order_by("pk").values_list(*HISTORY))
        assert moves == [*placed, (today, "ward-1", "Nurse")]
        assert RecordChange.objects.count() == 1


def test_what_went_wrong_meanwhile_stores_nothing(client: Client, organization: Organization) -> None:
    found = checked(client, organization, "people", CREW)
    client.post(f"{URL}{found.pk}/start/")
    PersonFactory(organization=organization, external_id="zoe", email="ANN@x.example")
    after = carry_on(organization)
    assert (after.state, after.bad) == (ImportState.FAILED, 1)
    with tenant(organization):
        assert Person.objects.filter(external_id="ann").count() == 0
        assert Location.objects.count() == 0


def test_addresses_swapped_in_one_file_fail_whole(client: Client, organization: Organization) -> None:
    head = "external_id,name,email\n"
    imported(client, organization, "people", head + "a,Ann,a@x.example\nb,Ben,b@x.example\n")
    found = imported(client, organization, "people", head + "a,Anna,b@x.example\nb,Ben,a@x.example\n")
    assert found.state in {ImportState.FAILED, ImportState.DONE}
    assert ("Anna" in names(organization)) == (found.state == ImportState.DONE)


def test_a_worker_that_dies_time_and_again_is_given_up(client: Client, organization: Organization) -> None:
    found = checked(client, organization, "people", CREW)
    client.post(f"{URL}{found.pk}/start/")
    with tenant(organization):
        Import.objects.update(tries=import_work.MOST_TRIES)
    assert carry_on(organization).state == ImportState.FAILED
    assert "broke off several times" in client.get(found.get_absolute_url()).content.decode()


def test_one_without_the_right_by_then_imports_nothing(
    client: Client, olive: Person, organization: Organization
) -> None:
    found = checked(client, organization, "people", CREW)
    client.post(f"{URL}{found.pk}/start/")
    with tenant(organization):
        olive.role_assignments.all().delete()
    assert carry_on(organization).state == ImportState.FAILED
    assert names(organization) == []


def test_progress_is_asked_for_without_scripts_and_with(client: Client, organization: Organization) -> None:
    page = upload(client, "people", CREW)
    assert "Being checked" in client.get(page.url).content.decode()
    part = client.get(page.url, headers={"HX-Request": "true"})
    assert (part.status_code, part.content.decode().lstrip()[:8]) == (200, "<section")
    carry_on(organization)
    over = client.get(page.url, headers={"HX-Request": "true"})
    assert (over.status_code, over["HX-Refresh"]) == (204, "true")


def test_a_file_is_dropped_and_old_ones_are_forgotten(client: Client, organization: Organization) -> None:
    found = checked(client, organization, "people", CREW)
    assert client.post(f"{URL}{found.pk}/drop/").status_code == 302
    kept = imported(client, organization, "people", CREW)
    client.post(f"{URL}{kept.pk}/drop/")
    checked(client, organization, "people", CREW)
    with tenant(organization):
        imports.forget_files(drafts_before=now(), files_before=now())
        assert list(Import.objects.values_list("pk", flat=True)) == [kept.pk]
        assert bytes(ImportData.objects.get().file) == b""
        late = now() - imports.UNDOABLE - timedelta(days=1)
        Import.objects.update(finished_at=late)
    client.post(f"{URL}{kept.pk}/undo/")
    assert carry_on(organization).state == ImportState.DONE


def test_pages_ask_the_same_number_of_queries_however_many(
    client: Client, organization: Organization
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        return len(queries)

    imported(client, organization, "people", CREW)
    client.get(URL)
    before = asked()
    for _ in range(3):
        imported(client, organization, "people", CREW)
    assert asked() == before


def test_progress_is_told_while_the_work_has_not_ended(
    committed_db: None, organization: Organization, olive: Person
) -> None:
    """On a connection of its own: what the work's transaction writes is gone, what was told stays."""
    with tenant(organization):
        found = imports.upload_file(by=olive, kind="people", name="c.csv", file=io.BytesIO(CREW.encode()))
    with tenant(organization), import_work.Telling(found, pause_s=0) as telling:
        telling(1)
        transaction.set_rollback(True)
    with tenant(organization):
        assert Import.objects.get().done == 1


def test_the_sweep_takes_up_what_does_not_move(
    client: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else: not what moved a moment ago, not what waits for somebody, not what is done."""
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr("integrations.tasks.work_on_import.delay", lambda *ids: taken.append(ids))
    upload(client, "people", CREW)
    sweep_imports()
    assert taken == []
    with tenant(organization):
        found = Import.objects.get()
    monkeypatch.setattr("integrations.tasks.now", lambda: found.progressed_at + SILENCE * 2)
    sweep_imports()
    assert taken == [(organization.pk, found.pk)]
    assert carry_on(organization).state == ImportState.CHECKED
    sweep_imports()
    assert len(taken) == 1


def test_a_link_as_evidence_comes_with_the_row(
    client: Client, organization: Organization, olive: Person
) -> None:
    ann = PersonFactory(organization=organization, external_id="ann")
    BadgeFactory(organization=organization, slug="belt", demands_evidence=True)
    head = "person,badge,reason,evidence\n"
    rows = "ann,belt,Passed,javascript:alert(1)\nolive,belt,Passed,\n"
    found = checked(client, organization, "grants", head + rows)
    told = faults(organization, found)
    assert [line for line, _ in told] == [2, 3]
    assert "with evidence only" in told[1][1]
    imported(client, organization, "grants", head + "ann,belt,Passed,https://example.org/c/7\n")
    with tenant(organization):
        pieces = Evidence.objects.values_list("award__person", "event__change", "link")
        assert list(pieces) == [(ann.pk, "granted", "https://example.org/c/7")]


def test_a_large_import_brings_the_planners_statistics_up_to_date(
    client: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def analyzed() -> list[str]:
        """What was asked of the server by an import of two people."""
        with CaptureQueriesContext(connection) as captured:
            imported(client, organization, "people", text)
        return [query["sql"] for query in captured if query["sql"].startswith("ANALYZE")]

    text = CREW
    assert analyzed() == []
    monkeypatch.setattr(import_work, "LARGE", 1)
    text = "external_id,name\ncid,Cid\n"
    assert analyzed() == ['ANALYZE "people_person"', 'ANALYZE "people_placement"']
