"""Riverside Health: fourteen months of a hospital's improvements, told up to this minute."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import cycle

from activity.impact_kinds import begin_impacts
from activity.models import ImpactKind, ItemKind, WorkItem
from activity.news import withhold_news
from activity.steps import complete_item, start_item, start_project, submit_improvement, void_item
from badges.actions import grant_by_hand, revoke_award, withhold_notices
from badges.models import Award, Badge
from boards.actions import add_card, create_board
from config.demodata import LOGINS, PASSWORD, recognition, today
from config.demodata.texts import IDEAS, PEOPLE, PROBLEMS, PROJECTS, SITES, THINGS, WAYS
from config.demodata.work import Work
from notifications.actions import make_notices
from people.bulk import PersonRow, put_people
from people.clock import now, telling
from people.models import Location, Organization, Person, RoleAssignment, User
from people.organizations import create_organization
from people.roles import Role
from people.tenancy import tenant
from rules.actions import end_and_start_due, evaluate_pending, reconcile_everything
from rules.actions_gallery import take_over
from rules.presets import GALLERY, STARTERS, Preset

MONTHS = 14
ROLES = {
    "Marcus Bell": [Role.MANAGER],
    "Mei-Ling Tan": [Role.MANAGER],
    "Helen Brandt": [Role.MANAGER],
    "Priya Raman": [Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR, Role.MANAGER],
    "Ingrid Haugen": [Role.AUDITOR],
    "Owen Hart": [Role.OWNER],
}
READS_ONLY = {"Ingrid Haugen"}
FIRST_STAFF_NUMBER = 20_417
KEEN = {
    "Amara Okafor",
    "Priya Raman",
    "Ruth Osei",
    "Sunita Patel",
    "Yusuf Demir",
    "Keisha Brown",
    "Maya Cohen",
}
QUIET = {
    "Tomasz Zieliński",
    "Mateo Rossi",
    "Ben Carter",
    "Nora Kelly",
    "Stefan Maric",
    "Jonas Lindqvist",
    "Grace Mbeki",
}
FROM_THE_GALLERY = [
    "problem-solver-1",
    "problem-solver-2",
    "problem-solver-3",
    "impact-maker",
    "project-leader",
    "first-event",
    "event-facilitator",
    "savings-bronze",
    "fire-warden",
]
HAND_HYGIENE = Preset(
    slug="hand-hygiene",
    name="Hand Hygiene Lead",
    description="Keeps everybody’s hands clean, kindly.",
    criteria="Named by Infection Control.",
    kind="honour",
    emblem="hand-hygiene",
    mode="hand",
)


def load(say: Callable[[str], None]) -> None:
    """Make the organization and its whole history, of which nobody is told, and then what happened just now."""
    say("Riverside Health: people and badges ...")
    organization = create_organization(
        slug="riverside",
        name="Riverside Health",
        zone="America/New_York",
        first_weekday=7,
        currency="USD",
        owner_name="Owen Hart",
        owner_email=login_of("Owen Hart"),
    )
    with tenant(organization):
        begin_impacts(organization=organization)
        ImpactKind.objects.filter(name="Time saved").update(asks_expected=True)
        History(organization, say).tell()
    evaluate_pending(organization=organization)
    end_and_start_due(organization=organization)
    reconcile_everything(organization=organization)
    with tenant(organization):
        withhold_notices(organization=organization)
        withhold_news(organization=organization)
        today.happen()
    make_notices(organization=organization)


def login_of(name: str) -> str:
    return f"{name.split()[0].lower()}@riverside.example"


class History:
    def __init__(self, organization: Organization, say: Callable[[str], None]) -> None:
        self.organization = organization
        self.say = say
        self.dice = random.Random(20)
        self.now = now()
        self.ideas = self._ideas()

    def tell(self) -> None:
        self.people = self._people()
        self.priya = self.people["Priya Raman"]
        self.badges = self._badges()
        self.doers = {name: person for name, person in self.people.items() if name not in READS_ONLY}
        work = Work(self.organization, self.doers, self.now)
        with telling(self.now - timedelta(days=31 * MONTHS)):
            steps = work.steps(self.priya)
        self.say("Riverside Health: fourteen months of improvements ...")
        for instant, deed in sorted([*self._deeds(), *work.deeds()], key=lambda pair: pair[0]):
            with telling(instant):
                deed()
        self._mistake()
        work.follow_up(steps)
        self._certificates()
        recognition.arrange(self.people)
        self._boards()

    def _ideas(self) -> Iterator[str]:
        more = [way.format(thing) for way in WAYS for thing in THINGS]
        return cycle([*self.dice.sample(IDEAS, len(IDEAS)), *self.dice.sample(more, len(more))])

    # --- who

    def _people(self) -> dict[str, Person]:
        tops = {
            site: Location.objects.create(organization=self.organization, external_id=site.lower(), name=site)
            for site in SITES
        }
        for site, departments in SITES.items():
            for name in departments:
                Location.objects.create(
                    organization=self.organization, external_id=name, name=name, parent=tops[site]
                )
        numbers = {name: str(FIRST_STAFF_NUMBER + number) for number, (name, _, _) in enumerate(PEOPLE)}
        Person.objects.update(external_id=numbers["Owen Hart"])
        put_people(organization=self.organization, rows=list(self._rows(numbers)))
        people = {person.name: person for person in Person.objects.select_related("organization", "location")}
        for name, roles in ROLES.items():
            for role in roles:
                RoleAssignment.objects.get_or_create(
                    organization=self.organization, person=people[name], role=role
                )
        for email, _ in LOGINS:
            self._login(next(person for person in people.values() if person.email == email), email)
        return people

    def _rows(self, numbers: dict[str, str]) -> Iterator[PersonRow]:
        leaders: dict[str, str] = {}
        for name, title, department in PEOPLE:
            leader = leaders.setdefault(department, name)
            manager = leader if leader != name else "Owen Hart"
            yield PersonRow(
                external_id=numbers[name],
                name=name,
                email=login_of(name),
                title=title,
                location=department,
                joined_on=self._joined(),
                manager=numbers[manager] if name != "Owen Hart" else "",
            )

    def _joined(self) -> date:
        """Before the first of what the record holds of anybody."""
        return self.now.date() - timedelta(days=self.dice.randrange(31 * (MONTHS + 1), 4000))

    def _login(self, person: Person, email: str) -> None:
        user, _ = User.objects.get_or_create(email=email)
        user.set_password(PASSWORD)
        user.save()
        if person.user_id != user.pk:
            person.user = user
            person.save()

    # --- what there is to earn

    def _badges(self) -> dict[str, Badge]:
        presets = [*STARTERS, *(GALLERY[slug] for slug in FROM_THE_GALLERY), HAND_HYGIENE]
        with telling(self.now - timedelta(days=31 * MONTHS)):
            for preset in presets:
                take_over(organization=self.organization, preset=preset, by=self.priya)
        return {badge.slug: badge for badge in Badge.objects.filter(organization=self.organization)}

    # --- what they did

    def _deeds(self) -> Iterator[tuple[datetime, Callable[[], object]]]:
        for name, person in self.doers.items():
            if name in QUIET:
                continue
            for instant in self._instants(*self._habit(name)):
                yield instant, self._improvement(person, instant)
        for title in PROJECTS:
            leader = self.dice.choice([person for person in self.doers.values() if person.name not in QUIET])
            instant = self._instant(self.dice.randrange(60, 31 * MONTHS))
            yield instant, self._project(leader, title, instant)

    def _habit(self, name: str) -> tuple[int, int]:
        """Days between two improvements, at least and at most."""
        if name in KEEN:
            return 2, 18
        return (12, 30) if self.dice.random() < 0.35 else (40, 200)

    def _instants(self, least: int, most: int) -> Iterator[datetime]:
        days = self.dice.randrange(1, most)
        while days < 31 * MONTHS:
            yield self._instant(days)
            days += self.dice.randint(least, most)

    def _instant(self, days_ago: int) -> datetime:
        local = self.now.astimezone(self.organization.time_zone).date() - timedelta(days=days_ago)
        at = time(self.dice.randrange(6, 20), self.dice.randrange(60))
        return datetime.combine(local, at, self.organization.time_zone)

    def _improvement(self, person: Person, instant: datetime) -> Callable[[], object]:
        title, team = next(self.ideas), self._colleagues(person)
        finished = instant + timedelta(days=self.dice.randrange(4, 45), hours=self.dice.randrange(5))
        fate, saving = self.dice.random(), Decimal(self.dice.randrange(2, 40) * 100)
        problem = self.dice.choice(PROBLEMS)
        impact = saving if self.dice.random() < 0.4 else None
        expected = saving * 2 if impact and fate < 0.3 else None

        def deed() -> None:
            item = submit_improvement(
                author=person,
                title=title,
                problem=problem,
                location=person.location,
                team=team,
                expected=expected,
            )
            if fate < 0.7:
                with telling(min(instant + timedelta(days=2), self.now)):
                    item = start_item(item=item, by=person)
            if fate < 0.6 and finished < self.now:
                with telling(finished):
                    complete_item(item=item, by=self._second(item), impact=impact)

        return deed

    def _project(self, leader: Person, title: str, instant: datetime) -> Callable[[], object]:
        team = self._colleagues(leader)
        finished = instant + timedelta(days=self.dice.randrange(40, 120))

        def deed() -> None:
            item = start_project(
                author=leader, leader=leader, title=title, location=leader.location, team=team
            )
            if finished < self.now:
                with telling(finished):
                    complete_item(
                        item=item,
                        by=self._second(item),
                        impact=Decimal(self.dice.randrange(30, 120) * 100),
                    )

        return deed

    def _second(self, item: WorkItem) -> Person:
        """A manager who did not write it, each in turn."""
        managers = [self.people[name] for name in ROLES if Role.MANAGER in ROLES[name]]
        others = [person for person in managers if person.pk not in (item.author_id, item.leader_id)]
        return others[item.number % len(others)]

    def _colleagues(self, person: Person) -> list[Person]:
        near = [
            other
            for other in self.doers.values()
            if other.location_id == person.location_id and other != person
        ]
        return self.dice.sample(near, min(len(near), self.dice.choice([0, 0, 0, 1, 2])))

    def _mistake(self) -> None:
        """Two improvements that were submitted twice by accident."""
        for item in WorkItem.objects.filter(kind=ItemKind.IMPROVEMENT).order_by("-submitted_at")[5:7]:
            with telling(self.now):
                void_item(item=item, by=self.priya, reason="Submitted twice by accident")

    # --- what was given by hand

    def _certificates(self) -> None:
        """HIPAA certificates that end at different times: some soon, some over, some renewed in time."""
        hipaa, names = self.badges["hipaa-certified"], [name for name in self.people if name not in QUIET]
        days_ago = {name: self.dice.randrange(5, 420) for name in self.dice.sample(names, 38)}
        days_ago |= {"Amara Okafor": 350, "Ana Kowalczyk": 340, "Rosa Delgado": 360, "Dele Adeyemi": 371}
        self._give(hipaa, days_ago, "Refresher passed, record {}")
        renewed = {name: days - 351 for name, days in days_ago.items() if days > 385}
        self._give(hipaa, renewed, "Renewed after the refresher, record {}")
        hygiene = {"Dele Adeyemi": 15, "Aisha Rahman": 130, "Pilar Gómez": 260, "Linh Nguyen": 300}
        self._give(self.badges["hand-hygiene"], hygiene, "Named by Infection Control")
        self._give(
            self.badges["fire-warden"],
            {"Tunde Alabi": 400, "Hugo Ramos": 200, "Andre Dubois": 20},
            "Course {}",
        )
        with telling(self.now - timedelta(days=40)):
            award = Award.objects.get(badge=self.badges["hand-hygiene"], person=self.people["Linh Nguyen"])
            revoke_award(award=award, by=self.priya, reason="Moved to another department")

    def _give(self, badge: Badge, days_ago: dict[str, int], reason: str) -> None:
        for name, days in sorted(days_ago.items(), key=lambda pair: -pair[1]):
            person = self.people[name]
            with telling(self._instant(days)):
                grant_by_hand(
                    badge=badge,
                    person=person,
                    by=self.priya if person != self.priya else self.people["Owen Hart"],
                    reason=reason.format(self.dice.randrange(4000, 6000)),
                )

    # --- where teams look

    def _boards(self) -> None:
        for title, location, columns in (
            ("Ward 4B huddle", "Ward 4B", ["badges", "improvements", "next_end"]),
            ("Riverside Main", "riverside main", ["badges", "location", "improvements", "last_award"]),
            ("Clinic mornings", "northside clinic", ["badges", "title", "improvements"]),
        ):
            board = create_board(title=title, by=self.priya)
            add_card(
                board=board,
                by=self.priya,
                title="Our team",
                columns=columns,
                location=Location.objects.get(external_id=location),
            )
