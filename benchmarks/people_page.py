"""How the People page fares at 100,000 people and a million awards.

    python -m benchmarks.people_page [--people N] [--awards N] [--rounds N]

Makes the organization of `benchmarks.works`, and prints:

- for each filter and order that the page offers, the CPU time that PostgreSQL needs for the page of people and for
  its count, as the runtime role under row-level security;
- the page's own two queries (fifty people, their badges) four ways, each in the same transaction settings:
  written by hand and run by psycopg ("bare"); the statements that the ORM makes, run by psycopg; the ORM with
  its objects; the whole page through the middleware and the templates.

The goal: the whole page, with all that its frame asks, costs the server at most twice as much as the two queries
written by hand. That is on a connection that has served some pages, as one is kept for ten minutes: what a page
asks every time is planned once (`people/prepared.py`). The first page of a connection is measured beside it.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.meter import first_ms, here_ms, server_ms
from benchmarks.works import as_owner, fill, prepare, say, unchecked

ACQUAINTED = 10  # pages after which PostgreSQL has settled for its plans

BARE_PEOPLE = """
SELECT id, name, title, location_id FROM people_person
WHERE organization_id = %(o)s AND left_on IS NULL ORDER BY folded, id LIMIT 51
"""
BARE_BADGES = """
SELECT a.id, a.person_id, a.badge_id, a.key, a.starts_at, a.expires_at, b.name, b.slug, b.emblem_id, b.kind
FROM badges_award a JOIN badges_badge b ON b.organization_id = a.organization_id AND b.id = a.badge_id
WHERE a.organization_id = %(o)s AND a.ended_at IS NULL AND a.person_id = ANY(%(people)s) AND b.state <> 'withdrawn'
  AND NOT EXISTS (SELECT FROM badges_award u JOIN badges_superseding v ON v.badge_id = u.badge_id
                  WHERE u.organization_id = a.organization_id AND u.person_id = a.person_id AND u.ended_at IS NULL
                    AND v.organization_id = a.organization_id AND v.lower_id = a.badge_id)
ORDER BY a.person_id, a.badge_id, a.starts_at DESC, a.id DESC
"""


def main() -> None:
    options = parsed()
    prepare()
    run(options)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--awards", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of PostgreSQL"
    )
    parser.add_argument("--explain", action="store_true", help="print the plan of each list as well")
    return parser.parse_args()


def run(options: argparse.Namespace) -> None:
    from django.db import connection

    from activity.counts import recount_everybody as recount_improvements
    from badges.counts import recount_everybody as recount_badges
    from boards.queries import prefer_indexes
    from people.models import Organization, Person, User
    from people.tenancy import tenant

    organization = Organization.objects.create(slug="works", name="Works", zone="Europe/Berlin")
    started = time.perf_counter()
    with unchecked(), tenant(organization):
        fill(organization, options)
    recount_badges(organization=organization)
    recount_improvements(organization=organization)
    user = User.objects.create_user("viewer@works.example", "not a secret")
    with tenant(organization):
        Person.objects.create(organization=organization, external_id="V", name="Viewer", user=user)
    with as_owner() as owner:
        owner.execute("VACUUM ANALYZE")
    with connection.cursor() as cursor:
        for setting in options.set:
            cursor.execute("SELECT set_config(%s, %s, false)", setting.split("="))
    say(f"data in {time.perf_counter() - started:.0f} s")
    with tenant(organization):
        prefer_indexes()
        viewer = Person.objects.select_related("organization").get(user=user)
        say("\nfilter and order: CPU of the server, milliseconds: first page, a page in the middle, count")
        for name, query in offered(viewer):
            measure_list(name, query, viewer, options)
    compare(organization, user, options)


def offered(viewer: Any) -> Iterator[tuple[str, str]]:
    from people.models import Location

    site = Location.objects.get(external_id="S3").pk
    yield from {
        "everybody": "",
        "everybody, most badges first": "sort=badges",
        "everybody, latest award first": "sort=last_award",
        "everybody, most improvements": "sort=improvements",
        "everybody, fewest improvements": "sort=-improvements",
        "everybody, next end": "sort=next_end",
        "everybody, last end": "sort=-next_end",
        "everybody, by title": "sort=title",
        "everybody, by location": "sort=location",
        "everybody, by manager": "sort=manager",
        "a site, next end": f"location={site}&sort=next_end",
        "a site, last end": f"location={site}&sort=-next_end",
        "a site, by title": f"location={site}&sort=title",
        "a site, by location": f"location={site}&sort=location",
        "a site, by manager": f"location={site}&sort=manager",
        "a rare badge, next end": "badge=b2&sort=next_end",
        "a rare badge, by location": "badge=b2&sort=location",
        "a site, latest award first": f"location={site}&sort=last_award",
        "a site, most improvements": f"location={site}&sort=improvements",
        "a rare badge, latest award first": "badge=b2&sort=last_award",
        "a rare badge, most improvements": "badge=b2&sort=improvements",
        "one word, latest award first": "q=nurse&sort=last_award",
        "one word": "q=nurse",
        "a name's beginning": "q=abc",
        "two words": "q=ab+por",
        "nobody's word": "q=xyzzy",
        "a site": f"location={site}",
        "a site, most badges first": f"location={site}&sort=badges",
        "a badge everybody has": "badge=b1",
        "a badge of three in a hundred": "badge=b2",
        "a rare badge at a site": f"badge=b2&location={site}",
        "three badges": "badge=b2&badge=b3&badge=b4",
        "ends soon": "ends=soon",
        "ends soon at a site": f"ends=soon&location={site}",
        "managers": "role=manager",
        "managers with a rare badge": "role=manager&badge=b2",
        "have left": "status=left",
        "without a badge that all have": "without=b1",
        "without a badge that few have": "without=b2",
    }.items()


def measure_list(name: str, query: str, viewer: Any, options: argparse.Namespace) -> None:
    from django.http import QueryDict

    from boards.asked import asked
    from boards.queries import found, window

    wanted = asked(QueryDict(query), viewer)
    people, _ = found(viewer, wanted.filters)
    page = server_ms(lambda: window(people, wanted.order, viewer), options.rounds)
    someone = people[options.people // 2 : options.people // 2 + 1].first() or people.first()
    middle = server_ms(lambda: window(people, wanted.order, viewer, after=someone), options.rounds)
    count = server_ms(lambda: found(viewer, wanted.filters), options.rounds)
    say(f"  {name:32} {page:8.2f} {middle:8.2f} {count:8.2f}")
    if options.explain:
        from boards.orders import stretches

        for stretch in stretches(people, wanted.order, viewer):
            say(stretch.people.order_by(*stretch.keys)[:51].explain(analyze=True, buffers=True))


def compare(organization: Any, user: Any, options: argparse.Namespace) -> None:
    from django.db import connection
    from django.test import Client

    from boards.queries import prefer_indexes
    from people.models import Person
    from people.tenancy import tenant

    client = Client()
    client.force_login(user)
    with tenant(organization):
        prefer_indexes()
        viewer = Person.objects.select_related("organization").get(user=user)
        with recorded() as statements:
            by_orm(viewer)
        ways: dict[str, Callable[[], object]] = {
            "bare: by hand, psycopg": lambda: bare(connection, organization.pk),
            "the ORM's statements, psycopg": lambda: replay(connection, statements),
            "the ORM, with its objects": lambda: by_orm(viewer),
        }
        figures = {
            name: (server_ms(way, options.rounds), here_ms(way, options.rounds)) for name, way in ways.items()
        }

    def page() -> None:
        response = client.get("/works/people/?col=location&col=badges")
        assert response.status_code == 200, response.status_code

    figures["the first page of a connection"] = (first_ms(page), here_ms(page, 1))
    for _ in range(ACQUAINTED):
        page()
    figures["the whole page"] = (server_ms(page, options.rounds), here_ms(page, options.rounds))
    base = figures["bare: by hand, psycopg"]
    say("\nfifty people and their badges: milliseconds of CPU in the server, and here; ratio in the server")
    for name, (server, here) in figures.items():
        say(f"  {name:32} {server:8.2f} {here:8.2f} {server / base[0]:7.2f}x")


def bare(connection: Any, organization_id: int) -> None:
    with connection.connection.cursor() as cursor:
        people = cursor.execute(BARE_PEOPLE, {"o": organization_id}).fetchall()
        ids = [row[0] for row in people[:50]]
        cursor.execute(BARE_BADGES, {"o": organization_id, "people": ids}).fetchall()


def by_orm(viewer: Any) -> None:
    from boards.filters import Filters, matching
    from boards.held import held_badges
    from boards.models import Order
    from boards.queries import window

    held_badges(window(matching(viewer, Filters()), Order.NAME, viewer).people, viewer)


@contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    from django.db import connection

    statements: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield statements


def replay(connection: Any, statements: list[tuple[str, Any]]) -> None:
    with connection.connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params).fetchall()


if __name__ == "__main__":
    main()
