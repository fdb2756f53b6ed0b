"""Imports: whole or nothing, safe to repeat, each bad row named by line and reason."""

import gzip
import io
import random
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from activity.impact_kinds import begin_impacts
from activity.models import Activity
from integrations.actions import import_activities, import_people, import_voids
from integrations.reading import BadRows, Unreadable
from people.bulk import Put
from people.models import Location, Organization, Person, Placement
from people.tenancy import tenant

PEOPLE = "external_id,name,email,title,location,joined_on,manager\n"
CREW = PEOPLE + "ann,Ann Adams,ann@x.example,Nurse,ward-1,2024-03-01,ben\nben,Ben Brown,,Lead,ward-1,,\n"
DEEDS = "external_id,person_external_id,kind,occurred_at,value,attributes,subject,source\n"
DEED = '1,ann,improvement.submitted,2026-03-02T15:00:00Z,12.5,"{""area"": ""lab""}",Red lids,git\n'
RECORD = Path(__file__).resolve().parents[3] / "shared" / "data" / "peps"


def csv(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode())


def people(organization: Organization, text: str) -> Put:
    return import_people(organization=organization, file=csv(text))


def reasons(bad: BadRows) -> list[str]:
    return [str(fault) for fault in bad.faults]


def test_people_come_with_their_places_and_managers(inside: Organization) -> None:
    assert people(inside, CREW) == Put(new=2, changed=0, same=0)
    ann = Person.objects.get(external_id="ann")
    assert (ann.name, ann.email, ann.title, str(ann.joined_on)) == (
        "Ann Adams",
        "ann@x.example",
        "Nurse",
        "2024-03-01",
    )
    assert (ann.location.external_id, ann.manager.external_id) == ("ward-1", "ben")
    assert list(Person.objects.search("adams nurse")) == [ann]
    assert Placement.objects.get(person=ann).from_on == ann.joined_on


def test_a_second_import_changes_nothing_and_a_move_is_kept_by_date(inside: Organization) -> None:
    people(inside, CREW)
    assert people(inside, CREW) == Put(0, 0, 2)
    assert people(inside, CREW.replace("Nurse,ward-1", "Nurse,ward-2")) == Put(0, 1, 1)
    placements = Placement.objects.filter(person__external_id="ann")
    assert [p.location.external_id for p in placements if p.location] == ["ward-1", "ward-2"]
    assert Location.objects.count() == 2


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (",Nameless\n", "line 2: “external_id” is empty"),
        ("a,A,nonsense\n", "line 2: “email” 'nonsense' is not an e-mail address"),
        ("a,A,a@x.example\nb,B,A@x.example\n", "line 3: “email” 'a@x.example' stands on line 2 already"),
        ("a,A\na,B\n", "line 3: “external_id” 'a' stands on line 2 already"),
        ("a,A,,,,,zoe\n", "line 2: manager 'zoe' is not among the people"),
        ("a,A,,,,,a\n", "line 2: manager 'a' leads back to 'a'"),
        (
            "a,A,,,,2024-02-30\n",
            "line 2: “joined_on” '2024-02-30' is not a day such as 2026-03-02 or 2.3.2026",
        ),
        ("a,\u202eevil\n", "line 2: “name” contains invisible or control characters"),
        (f"a,{'x' * 151}\n", "line 2: “name” has 151 characters, at most 150 are possible"),
    ],
)
def test_a_bad_person_is_named_and_nobody_is_stored(inside: Organization, rows: str, reason: str) -> None:
    filled = "".join(row + "," * (6 - row.count(",")) + "\n" for row in rows.splitlines())
    with pytest.raises(BadRows) as bad:
        people(inside, PEOPLE + filled)
    assert reasons(bad.value)[0] == reason
    assert Person.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (CREW.encode("utf-16")[:-1], "in UTF-16, but damaged"),
        ((PEOPLE + "a,J\u00fcrgen,,,,,\n").encode("cp1252"), "Line 2 is not in UTF-8, .* Please save"),
        ((PEOPLE + "a,\0,,,,,\n").encode(), "Line 2 contains a NUL byte"),
        ((PEOPLE + 'a,"open,,,,,\nb,B,,,,,\n').encode(), "never closed"),
        ((PEOPLE + f"a,{'x' * 200_000},,,,,\n").encode(), "more than 131,072 characters"),
        (b"PK\x03\x04" + bytes(range(256)), "a workbook or a ZIP file"),
        (b"\x89\x01PNG\n", "Line 1 contains what no text does"),
        (b"external_id,name,name\n", "named twice"),
        (b"external_id\n", "name is missing"),
        (b"external_id,name,shoe_size\n", "no column 'shoe_size'"),
        (b"external_id,name\ra,A\r", "CR"),
        (gzip.compress(CREW.encode())[:-20], "damaged"),
    ],
)
def test_a_file_that_is_no_csv_says_how_to_mend_it(inside: Organization, content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        import_people(organization=inside, file=io.BytesIO(content))


def test_what_spreadsheets_add_is_passed_over(inside: Organization) -> None:
    content = "sep=;\n" + CREW.replace(",", ";") + ";;;;;;\n; ;;;;;\n"
    assert import_people(organization=inside, file=io.BytesIO(content.encode())).new == 2
    faulty = content.replace("ben;", ";")
    with pytest.raises(BadRows) as bad:
        import_people(organization=inside, file=io.BytesIO(faulty.encode()))
    assert reasons(bad.value)[0].startswith("line 4: ")


def test_a_byte_order_mark_gzip_and_blank_lines_are_welcome(inside: Organization) -> None:
    content = gzip.compress(b"\xef\xbb\xbf" + CREW.replace("\nben", "\n\nben").encode())
    assert import_people(organization=inside, file=io.BytesIO(content)).new == 2
    assert import_people(organization=inside, file=io.BytesIO(CREW.encode("utf-16"))).same == 2


@pytest.fixture
def crew(inside: Organization) -> Organization:
    people(inside, CREW)
    return inside


def test_activities_are_recorded_once(crew: Organization) -> None:
    for new, same in ((1, 0), (0, 1)):
        done = import_activities(organization=crew, file=csv(DEEDS + DEED), source="import")
        assert (done.new, done.same, done.differing) == (new, same, [])
    activity = Activity.objects.select_related("source").get()
    assert (activity.attributes, activity.source.name, activity.subject) == (
        {"area": "lab"},
        "git",
        "Red lids",
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",ann,", ",zoe,", "nobody has the staff number 'zoe'"),
        ("improvement.submitted", "Improvement", "“kind” 'Improvement' is not a dotted name"),
        ("15:00:00Z", "15:00:00", "says no time zone"),
        ("2026-03-02T15:00:00Z", "9999-12-31T23:59:59-12:00", "not between the years 1900 and 2200"),
        ("2026-03-02T15:00:00Z", "0001-01-01T00:00:00+14:00", "not between the years 1900 and 2200"),
        ("12.5", "NaN", "“value” 'NaN' has more than"),
        ("12.5", "1e999", "“value” '1e999' has more than"),
        ("12.5", "much", "“value” 'much' is not a number"),
        ('{""area"": ""lab""}', "[1]", "“attributes” is not a JSON object"),
        ('{""area"": ""lab""}', '{""a"": NaN}', "“attributes” contains NaN"),
        ('{""area"": ""lab""}', '{""a"": ""\\u0000""}', "“attributes” contains a NUL character"),
        ('{""area"": ""lab""}', '{""a"": ""\\ud800""}', "“attributes” contains half a character"),
        (
            ",git\n",
            ",git,more\n",
            "has 9 cells, but the header names 8 columns: put cells that hold a comma",
        ),
    ],
)
def test_a_bad_activity_is_named_and_none_is_stored(
    crew: Organization, old: str, new: str, reason: str
) -> None:
    with pytest.raises(BadRows) as bad:
        import_activities(
            organization=crew,
            file=csv(DEEDS + DEED.replace("1,", "0,", 1) + DEED.replace(old, new, 1)),
            source="import",
        )
    assert [fault.line for fault in bad.value.faults] == [3]
    assert reason in reasons(bad.value)[0]
    assert Activity.objects.count() == 0


def test_the_command_takes_what_was_verified_elsewhere_and_says_so(
    organization: Organization, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deeds.csv"
    row = "1,ann,impact.time_saved,2026-03-02T15:00:00Z,{}\n"
    head = "external_id,person_external_id,kind,occurred_at,value\n"
    with tenant(organization):
        people(organization, CREW)
        begin_impacts(organization=organization)
    path.write_text(head + row.format(""))
    with pytest.raises(CommandError, match="line 2: “value” is empty, and Time saved is a figure"):
        call_command("import_activities", str(path), organization="riverside")
    path.write_text(head + row.format(120))
    call_command("import_activities", str(path), organization="riverside")
    assert "Verified elsewhere: 1 of “Time saved, verified”." in capsys.readouterr().out
    with tenant(organization):
        assert list(Activity.objects.values_list("item", "value")) == [(None, 120)]


def test_voids_take_back_and_an_unknown_one_is_named(crew: Organization) -> None:
    import_activities(organization=crew, file=csv(DEEDS + DEED), source="import")
    voids = csv("external_id,voided_at,source\n1,2026-04-01T00:00:00Z,git\n")
    assert [import_voids(organization=crew, file=voids, source="import") for _ in range(2)] == [1, 0]
    with pytest.raises(BadRows, match="1 bad rows"):
        import_voids(organization=crew, file=csv("external_id\n7\n"), source="git")
    with pytest.raises(BadRows) as refused:
        import_voids(organization=crew, file=csv("external_id\n1\n"), source="lapel")
    assert "the name of what Lapel itself records" in str(refused.value.faults)


def test_the_command_tells_every_bad_row_and_stores_nothing(
    organization: Organization, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE + "".join(f",N{i},,,,,\n" for i in range(150)))
    with pytest.raises(CommandError, match=r"150 rows cannot be taken(.|\n)*and 50 more\nNothing was stored"):
        call_command("import_people", str(path), organization="riverside")
    with pytest.raises(CommandError, match="no organization 'nowhere'"):
        call_command("import_people", str(path), organization="nowhere")
    with tenant(organization):
        assert Person.objects.count() == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_commands_read_what_the_browser_reads(
    organization: Organization, tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    path, deeds = tmp_path / "people.csv", tmp_path / "deeds.csv"
    path.write_bytes(CREW.replace("Ann Adams", "Änne Müller").encode(encoding))
    call_command("import_people", str(path), organization="riverside")
    deeds.write_bytes((DEEDS + DEED.replace("Red", "Rötliche")).encode(encoding))
    call_command("import_activities", str(deeds), organization="riverside")
    guessed = (
        "people.csv is read as Windows-1252, with words such as Änne, Müller." in capsys.readouterr().out
    )
    assert guessed == (encoding == "cp1252")
    with tenant(organization):
        assert Person.objects.get(external_id="ann").name == "Änne Müller"
        assert Activity.objects.get().subject == "Rötliche lids"
    path.write_bytes(CREW.replace("Ann Adams", "Änne Müller").encode("cp850"))
    with pytest.raises(CommandError, match="it cannot be told what its letters are(.|\n)*Nothing was stored"):
        call_command("import_people", str(path), organization="riverside")


@pytest.mark.skipif(not RECORD.exists(), reason="the real record is not at hand")
def test_the_real_record_is_the_same_in_any_order(inside: Organization) -> None:
    with (RECORD / "people.csv").open("rb") as file:
        assert import_people(organization=inside, file=file).new == 699
    with gzip.open(RECORD / "activities.csv.gz", "rt") as file:
        header, *lines = file.readlines()
    random.Random(1).shuffle(lines)
    shuffled = csv(header + "".join(lines))
    assert import_activities(organization=inside, file=shuffled, source="git").new == 11_596
    with (RECORD / "activities.csv.gz").open("rb") as file:
        again = import_activities(organization=inside, file=file, source="git")
    assert (again.new, again.same, again.differing) == (0, 11_596, [])
