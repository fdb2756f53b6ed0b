from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from activity.models import ItemKind
from badges.models import Badge
from people.access import locations_of
from people.models import Location, Person
from people.roles import Capability, Role
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text


class BoardQuerySet(models.QuerySet["Board"]):
    def visible_to(self, person: Person) -> Self:
        """Of those that are not taken down: shared with everybody, or with the person, or made by them.

        Whoever manages the organization sees all.
        """
        boards = self.filter(organization=person.organization_id, removed_at=None)
        if person.can(Capability.MANAGE_ORGANIZATION):
            return boards
        shares = BoardShare.objects.filter(board=models.OuterRef("pk"))
        theirs = shares.filter(models.Q(person=person) | models.Q(location__in=locations_of(person)))
        return boards.filter(
            models.Q(made_by=person) | ~models.Exists(shares) | models.Q(models.Exists(theirs))
        )


class Board(TenantModel):
    """A page of cards. With no share it is for the whole organization, else for those it is shared with.

    Taken down (`removed_at`), nobody finds it any more; the row stays.
    """

    title = models.CharField(max_length=80, validators=[plain_text])
    made_by = TenantForeignKey(Person, null=True)
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(BoardQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("boards:detail", args=[self.organization.slug, self.pk])


class BoardShare(TenantModel):
    """A board is for the people of a location and below, or for a person."""

    board = TenantForeignKey(Board, related_name="shares")
    location = TenantForeignKey(Location, null=True, blank=True)
    person = TenantForeignKey(Person, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(location=None, person__isnull=False)
                | models.Q(location__isnull=False, person=None),
                name="board_share_with_one",
            ),
            models.UniqueConstraint(
                fields=["organization", "board", "location", "person"],
                nulls_distinct=False,
                name="board_share_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.location or self.person)


class Column(models.TextChoices):
    BADGES = "badges", "Badges"
    TITLE = "title", "Title"
    LOCATION = "location", "Location"
    MANAGER = "manager", "Manager"
    IMPROVEMENTS = "improvements", "Improvements"
    LAST_AWARD = "last_award", "Last award"
    NEXT_END = "next_end", "Next end"
    LOGIN = "login", "Login"


class Order(models.TextChoices):
    """What lists of people are ordered by, each in the direction that is asked for most, and turned round (`-`)."""

    NAME = "name", "Name, from A to Z"
    NAME_TURNED = "-name", "Name, from Z to A"
    BADGES = "badges", "Most badges first"
    BADGES_TURNED = "-badges", "Fewest badges first"
    LAST_AWARD = "last_award", "Latest award first"
    LAST_AWARD_TURNED = "-last_award", "Longest without an award first"
    IMPROVEMENTS = "improvements", "Most improvements first"
    IMPROVEMENTS_TURNED = "-improvements", "Fewest improvements first"
    NEXT_END = "next_end", "Next end, soonest first"
    NEXT_END_TURNED = "-next_end", "Next end, latest first"
    TITLE = "title", "Title, from A to Z"
    TITLE_TURNED = "-title", "Title, from Z to A"
    LOCATION = "location", "Location, from A to Z"
    LOCATION_TURNED = "-location", "Location, from Z to A"
    MANAGER = "manager", "Manager, from A to Z"
    MANAGER_TURNED = "-manager", "Manager, from Z to A"

    @property
    def is_turned(self) -> bool:
        return self.value.startswith("-")

    @property
    def head(self) -> "Order":
        """The direction that the head of the column asks for first."""
        return Order(self.value.removeprefix("-"))

    @property
    def turned(self) -> "Order":
        return self.head if self.is_turned else Order(f"-{self.value}")

    @property
    def ascends(self) -> bool:
        """Whether what people are ordered by grows down the list; most, and latest, first otherwise."""
        return self.is_turned == (self.head in {Order.BADGES, Order.LAST_AWARD, Order.IMPROVEMENTS})


class CardKind(models.TextChoices):
    PEOPLE = "people", "People"
    AWARDS = "awards", "Recent awards"
    WORK = "work", "Open work"
    TEXT = "text", "Text"


class CardWidth(models.TextChoices):
    FITTING = "", "As wide as its columns need"
    HALF = "half", "Half of the board"
    FULL = "full", "The whole board"


class CardStatus(models.TextChoices):
    ACTIVE = "active", "Who are here"
    LEFT = "left", "Who have left"
    ALL = "all", "Everybody"


class CardLogin(models.TextChoices):
    NO_MATTER = "", "Login or none"
    YES = "yes", "With a login"
    NO = "no", "Without a login"


class CardWhose(models.TextChoices):
    EVERYBODYS = "", "Everybody's"
    MINE = "mine", "Of whoever looks"
    TEAM = "team", "Of those who report to whoever looks"


class Card(TenantModel):
    """What a board shows: people in columns, recent awards, open work, or words.

    `location` narrows all but words, `badge` people and awards, `work_…` work: its kind, the state or the step where it
    stands (as addresses of lists say it; a step that is gone narrows nothing), and whose it is. What else narrows,
    `columns` and `order` are for people, `text` is for words. Where there is a saved list, the filters narrow it
    further.
    """

    board = TenantForeignKey(Board, related_name="cards")
    kind = models.CharField(max_length=10, choices=CardKind.choices, default=CardKind.PEOPLE)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80, validators=[plain_text])
    columns = ArrayField(models.CharField(max_length=20, choices=Column.choices), default=list)
    order = models.CharField(max_length=20, choices=Order.choices, default=Order.NAME)
    rows = models.PositiveSmallIntegerField("people shown", default=12)
    location = TenantForeignKey(Location, null=True, blank=True)
    badge = TenantForeignKey(Badge, null=True, blank=True)
    without = TenantForeignKey(Badge, null=True, blank=True)
    ends_soon = models.BooleanField(default=False)
    role = models.CharField(max_length=30, choices=Role.choices, blank=True, default="")
    status = models.CharField(max_length=10, choices=CardStatus.choices, default=CardStatus.ACTIVE)
    find = models.CharField(max_length=100, blank=True, default="")
    login = models.CharField(max_length=3, choices=CardLogin.choices, blank=True, default="")
    work_kind = models.CharField(max_length=20, choices=ItemKind.choices, blank=True, default="")
    work_state = models.CharField(max_length=30, blank=True, default="")
    work_of = models.CharField(max_length=10, choices=CardWhose.choices, blank=True, default="")
    saved = TenantForeignKey("boards.SavedList", null=True, blank=True)
    width = models.CharField(max_length=10, choices=CardWidth.choices, blank=True, default=CardWidth.FITTING)
    text = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=CardKind.values), name="card_kind_known"),
            models.CheckConstraint(condition=models.Q(rows__range=(1, 100)), name="card_rows_in_range"),
            models.CheckConstraint(condition=models.Q(order__in=Order.values), name="card_order_known"),
            models.CheckConstraint(condition=models.Q(role__in=["", *Role.values]), name="card_role_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=CardStatus.values), name="card_status_known"
            ),
            models.CheckConstraint(condition=models.Q(login__in=CardLogin.values), name="card_login_known"),
            models.CheckConstraint(
                condition=models.Q(work_kind__in=["", *ItemKind.values]), name="card_work_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(work_state__regex=r"^(submitted|started|step-[0-9]+)?$"),
                name="card_work_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(work_of__in=CardWhose.values), name="card_work_of_known"
            ),
            models.CheckConstraint(condition=models.Q(width__in=CardWidth.values), name="card_width_known"),
        ]


class ColumnChoice(TenantModel):
    """The columns in which somebody likes to see people, where an address names none."""

    person = TenantForeignKey(Person)
    columns = ArrayField(models.CharField(max_length=20, choices=Column.choices), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "person"], name="column_choice_once")]

    def __str__(self) -> str:
        return ", ".join(self.columns)


class ExportState(models.TextChoices):
    AT_WORK = "at_work", "Being written"
    DONE = "done", "Ready"
    FAILED = "failed", "It could not be written"


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, person: Person) -> Self:
        return self.filter(organization=person.organization_id, owner=person)


class Export(TenantModel):
    """A list of people on its way into a file: whom `query` asks for, in `columns`. Its owner's alone, for a day.

    `done` of about `people` are written, up to the person `after`; the file is the parts one after the other.
    """

    owner = TenantForeignKey(Person)
    query = models.TextField(blank=True, max_length=4000)
    columns = ArrayField(models.CharField(max_length=20, choices=Column.choices), default=list)
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.AT_WORK)
    people = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    after = TenantForeignKey(Person, null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    progressed_at = models.DateTimeField()

    objects = TenantManager.from_queryset(ExportQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ExportState.values), name="export_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.people} people"

    def get_absolute_url(self) -> str:
        return reverse("people:export", args=[self.organization.slug, self.pk])


class ExportPart(TenantModel):
    """A stretch of an export's file, in the order of their numbers."""

    export = TenantForeignKey(Export, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "export", "number"], name="export_part_once")
        ]

    def __str__(self) -> str:
        return f"part {self.number}"


class SavedListQuerySet(models.QuerySet["SavedList"]):
    def visible_to(self, person: Person) -> Self:
        """One's own, and those that colleagues share."""
        return self.filter(organization=person.organization_id).filter(
            models.Q(owner=person) | models.Q(shared=True)
        )


class SavedList(TenantModel):
    """A list of people under a name: `query` is what the People page's address asks for. Who is on it changes."""

    owner = TenantForeignKey(Person)
    name = models.CharField(max_length=80, validators=[plain_text])
    query = models.TextField(blank=True, max_length=4000)
    shared = models.BooleanField("shared with everybody here", default=False)
    made_at = models.DateTimeField()

    objects = TenantManager.from_queryset(SavedListQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "owner", "name"], name="saved_list_named_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The People page with what the list asks for."""
        address = reverse("people:list", args=[self.organization.slug])
        return f"{address}?{self.query}" if self.query else address
