"""What a bulk edit of everybody costs, at 100,000 people and a million awards; imports and exports of as many as well.

    python -m benchmarks.bulk [--people N] [--awards N] [--imported N] [part ...]

Makes the organization of `benchmarks.works`, and prints what each step takes of CPU in the server and here, and on the
wall: what a click waits for, what a worker does chunk by chunk, and its slowest chunk, which is how long somebody else
may wait for the people in it. Giving is measured against one bare INSERT of the same awards.
"""

import argparse
import io
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.works import as_owner, fill, prepare, say, unchecked

PARTS = ("add", "remove", "replace", "clear", "limited", "grants", "people", "export")
BARE = """
INSERT INTO badges_award (organization_id, badge_id, person_id, origin, key, starts_at, ended_why, evidence, reason,
                          end_reason, recorded_at)
SELECT organization_id, %(badge)s, id, 'hand', '', now(), '', '{}', 'Bare.', '', now() FROM people_person
WHERE organization_id = %(o)s AND left_on IS NULL ORDER BY id
"""
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE"  # the references, which are checked at the end of a transaction


def main() -> None:
    options = parsed()
    prepare()
    Run(options).measure()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bulk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--awards", type=int, default=1_000_000)
    parser.add_argument("--imported", type=int, default=50_000, help="rows of each file that is imported")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all unless named")
    return parser.parse_args()


class Run:
    def __init__(self, options: argparse.Namespace) -> None:
        from django.test import Client

        from people.models import Organization, Person, RoleAssignment, User
        from people.roles import Role
        from people.tenancy import tenant

        self.options = options
        self.organization = Organization.objects.create(slug="works", name="Works", zone="Europe/Berlin")
        with unchecked(), tenant(self.organization):
            fill(self.organization, options)
        user = User.objects.create_user("priya@works.example", "not a secret")
        with tenant(self.organization):
            self.by = Person.objects.create(
                organization=self.organization, external_id="V", name="Priya", user=user
            )
            for role in (Role.OWNER, Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
                RoleAssignment.objects.create(organization=self.organization, person=self.by, role=role)
        with as_owner() as owner:
            owner.execute("VACUUM ANALYZE")
        self.client = Client()
        self.client.force_login(user)
        self.client.get("/works/people/")

    def measure(self) -> None:
        for part in self.options.parts or PARTS:
            say(f"\n{part}")
            getattr(self, part)()

    # ---- bulk edits
    def add(self) -> None:
        bare = self.bare("b3")
        path = self.draft("add", "b3")
        line("one bare INSERT of as many awards", bare)
        ran = self.start(path)
        say(f"  ratio to the bare INSERT, in the server: {ran.backend / bare.backend:.1f}")
        self.undo(path)

    def remove(self) -> None:
        self.given("b4")
        self.undo(self.whole("remove", "b4"))

    def replace(self) -> None:
        self.given("b6")
        self.whole("replace", "b7")

    def clear(self) -> None:
        self.given("b8")
        self.whole("clear")

    def limited(self) -> None:
        """A badge with limits: how many hold it is counted anew for each chunk."""
        from badges.models import Badge
        from people.tenancy import tenant

        with tenant(self.organization):
            Badge.objects.filter(slug="b9").update(most_holders=10_000)
        self.whole("add", "b9")

    def whole(self, verb: str, *badges: str) -> str:
        path = self.draft(verb, *badges)
        self.start(path)
        return path

    def draft(self, verb: str, *badges: str) -> str:
        asked = {"verb": verb, "badges": badges, "reason": "Measured.", "tells": "on"}
        path = self.click("draft of everybody", lambda: self.post("/works/people/bulk/", {"do": verb}))
        self.click("ask for the preview", lambda: self.post(path, asked))
        self.work(path, "planned by a worker")
        if verb == "add":
            self.click("ask for another preview", lambda: self.post(path, asked))
            self.work(path, "planned by a worker again")
        self.click("the preview's first page", lambda: self.client.get(path))
        self.click("the preview's last page", lambda: self.client.get(f"{path}?page=1000000"))
        self.click("the preview, changed alone", lambda: self.client.get(f"{path}?show=changed"))
        return path

    def start(self, path: str) -> Any:
        from badges.models import Batch
        from people.tenancy import tenant

        with tenant(self.organization):
            batch = Batch.objects.get(pk=number(path))
        assert batch.planned_at is not None
        said = {"planned_at": batch.planned_at.isoformat()}
        self.click("start", lambda: self.post(f"{path}start/", said))
        ran = self.work(path, "carried out by a worker", meanwhile=True)
        self.click("the outcome's first page", lambda: self.client.get(path))
        return ran

    def undo(self, path: str) -> None:
        self.click("undo", lambda: self.post(f"{path}undo/", {}))
        self.work(path, "undone by a worker")
        self.click("the outcome's first page", lambda: self.client.get(path))

    def given(self, slug: str) -> None:
        """Everybody's by hand, by one bare statement."""
        line("given beforehand by a bare INSERT", self.bare(slug, keep=True))

    def bare(self, slug: str, *, keep: bool = False) -> Any:
        from django.db import connection, transaction

        from badges.models import Badge
        from benchmarks.meter import cost
        from people.tenancy import tenant

        with tenant(self.organization), connection.cursor() as cursor:
            values = {"o": self.organization.pk, "badge": Badge.objects.get(slug=slug).pk}
            spent = cost(lambda: (cursor.execute(BARE, values), cursor.execute(CHECKED)))
            transaction.set_rollback(not keep)
        return spent

    def work(self, path: str, what: str, *, meanwhile: bool = False) -> Any:
        from badges.batch_work import work_on_batch
        from benchmarks.meter import Cost, cost

        chunks, more = [], [True]

        def once() -> None:
            more[0] = work_on_batch(organization=self.organization, batch_id=number(path), seconds=0)

        while more[0]:
            chunks.append(cost(once))
            if meanwhile and len(chunks) == 20:
                self.click("how far it is", lambda: self.client.get(path, headers={"hx-request": "true"}))
        total = sum(chunks, Cost())
        line(what, total)
        slowest = max(chunk.wall for chunk in chunks)
        people = self.options.people
        say(
            f"    {len(chunks)} chunks, the slowest {slowest:.2f} s; {people / total.wall:,.0f} people a second"
        )
        return total

    def post(self, path: str, data: dict[str, Any]) -> Any:
        return self.client.post(path, data)

    def click(self, what: str, action: Callable[[], Any]) -> str:
        """What somebody waits for; where it leads."""
        from benchmarks.meter import cost

        answers: list[Any] = []
        line(what, cost(lambda: answers.append(action())))
        assert answers[0].status_code in (200, 302), answers[0].status_code
        return str(answers[0].headers.get("Location", "")).partition("#")[0]

    # ---- files
    def grants(self) -> None:
        head = "person,badge,given_on,reason,evidence\n"
        rows = (f"P{i},b11,2026-03-01,Trained.,\n" for i in range(1, 2 * self.options.imported) if i % 20)
        self.imported("grants", head, rows)

    def people(self) -> None:
        head = "external_id,name,email,title,location\n"
        rows = (f"P{i},Person {i},p{i}@works.example,Nurse,W{1 + i % 200}\n" for i in range(1, 10**9))
        self.imported("people", head, rows)

    def imported(self, kind: str, head: str, rows: Any) -> None:
        from itertools import islice

        from integrations.import_work import work
        from integrations.models import Import
        from people.tenancy import tenant

        file = io.BytesIO((head + "".join(islice(rows, self.options.imported))).encode())
        file.name = f"{kind}.csv"
        at = "/works/settings/imports/"
        self.click("upload", lambda: self.client.post(at, {"kind": kind, "file": file}))
        with tenant(self.organization):
            found = Import.objects.latest("pk")
        once = partial(work, organization=self.organization, import_id=found.pk)
        path = found.get_absolute_url()
        self.timed("checked by a worker", once)
        self.click("what it would do", lambda: self.client.get(path))
        work_it = partial(self.parts, found) if kind == "grants" else partial(self.timed, action=once)
        self.click("start", lambda: self.client.post(f"{path}start/"))
        work_it("stored by a worker")
        self.click("what it did", lambda: self.client.get(path))
        self.click("undo", lambda: self.client.post(f"{path}undo/"))
        work_it("undone by a worker")
        with tenant(self.organization):
            found.refresh_from_db()
            say(
                f"  {found.state}: {found.new} new, {found.changed} changed, {found.bad} bad; {found.failure}"
            )

    def parts(self, found: Any, what: str) -> None:
        """Badges by hand come part by part; the slowest is how long somebody else may wait."""
        from benchmarks.meter import cost
        from integrations.parts import _wanted, _work_once

        wanted: list[Any] = []
        looked = cost(lambda: wanted.extend(_wanted(self.organization, found.pk)))
        parts, more = [], [True]

        def once() -> None:
            more[0] = _work_once(self.organization, found.pk, wanted)

        while more[0]:
            parts.append(cost(once))
        line(what, sum(parts, looked))
        slowest = max(part.wall for part in parts)
        say(f"    looked through in {looked.wall:.1f} s; {len(parts)} parts, the slowest {slowest:.2f} s")

    def timed(self, what: str, action: Callable[[], object]) -> None:
        from benchmarks.meter import cost

        line(what, cost(action))

    def export(self) -> None:
        from boards.exports import work_on_export

        path = self.click("asked for", lambda: self.post("/works/people/exports/", {"query": ""}))
        before = memory()
        export_id = number(path)
        self.timed(
            "written by a worker",
            lambda: work_on_export(organization=self.organization, export_id=export_id, seconds=600),
        )
        say(f"    memory of the worker: {before} MB before, {memory()} MB at most")
        size = 0

        def download() -> Any:
            nonlocal size
            answer = self.client.get(f"{path}people.csv")
            size = sum(map(len, answer))
            return answer

        self.click("downloaded", download)
        say(f"    {size >> 20} MB; memory {memory()} MB at most")


def number(path: str) -> int:
    return int(path.rstrip("/").rpartition("/")[2])


def memory() -> int:
    """The most that this process has held so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def line(name: str, one: Any) -> None:
    say(f"  {name:36}{one.backend:9.3f} s server{one.python:9.3f} s Python{one.wall:9.3f} s wall")


if __name__ == "__main__":
    main()
