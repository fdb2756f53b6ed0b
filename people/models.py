from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property

from people.addresses import address_of
from people.clock import now
from people.querysets import LocationQuerySet, PersonQuerySet, folded
from people.roles import UNBOUND_ONLY, Capability, Role, capabilities, gives, may_give_by_hand
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text

RESERVED_SLUGS = {"accounts", "static", "healthz", "demo", "api", "admin", "media", "new", "o"}

LONGEST_FOLDED = 600
# What mails are written in; `locale/` holds the words.
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]


def known_zone(value: str) -> None:
    if value not in available_timezones() or value in {"localtime", "Factory"}:
        raise ValidationError("This is not a time zone that Lapel knows, such as Europe/Berlin.")


def free_slug(value: str) -> None:
    if value in RESERVED_SLUGS:
        raise ValidationError("This address is taken by Lapel itself.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None) -> "User":
        user = self.model(email=self.normalize_email(email).lower())
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A login, by e-mail address; belongs to organizations through its persons."""

    email = models.EmailField("e-mail address", max_length=254)
    is_active = models.BooleanField(default=True)
    is_staff = False
    is_superuser = False

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.email


class Organization(models.Model):
    """A tenant. Its row is the directory entry: anything worth hiding belongs to tenant tables."""

    slug = models.CharField(
        max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z"), free_slug]
    )
    name = models.CharField(max_length=100, validators=[plain_text])
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[known_zone])
    first_weekday = models.PositiveSmallIntegerField(default=1, help_text="1 is Monday, 7 is Sunday.")
    language = models.CharField(
        max_length=5,
        choices=LANGUAGES,
        default="en-gb",
        db_default="en-gb",
        help_text="Of mails to those who chose none.",
    )
    created_at = models.DateTimeField(default=now, editable=False)
    logo = models.CharField(max_length=20, blank=True, default="", help_text="Digest of its picture.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_weekday__range=(1, 7)), name="organization_first_weekday"
            ),
            models.CheckConstraint(
                condition=Q(language__in=[*dict(LANGUAGES)]), name="organization_language_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:home", args=[self.slug])

    @property
    def logo_url(self) -> str:
        return reverse("administration:logo_image", args=[self.slug, self.logo]) if self.logo else ""

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Logo(TenantModel):
    """The picture that `Organization.logo` names: one an organization, drawn anew from what was uploaded."""

    digest = models.CharField(max_length=20)
    png = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization"], name="logo_once")]

    def __str__(self) -> str:
        return self.digest


class Location(TenantModel):
    """A node of the tree of sites, departments and units; known to the outside by its external id.

    A closed one keeps its people's and activities' history; nobody new is put there.
    """

    external_id = models.CharField(max_length=100)
    name = models.CharField(max_length=100, validators=[plain_text])
    parent = TenantForeignKey("self", null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = TenantManager.from_queryset(LocationQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "external_id"], name="location_external_id_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="location_not_in_itself"),
        ]

    def __str__(self) -> str:
        return self.name

    def subtree_ids(self) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(SUBTREE, {"organization": self.organization_id, "id": self.pk})
            return [row[0] for row in cursor.fetchall()]


# UNION, not UNION ALL: a circle, should one ever be made, ends instead of running on
SUBTREE = """
WITH RECURSIVE below(id) AS (
    SELECT %(id)s::bigint
    UNION SELECT l.id FROM people_location l JOIN below ON l.parent_id = below.id
          WHERE l.organization_id = %(organization)s
) SELECT id FROM below
"""


class Person(TenantModel):
    """A human in one organization; may have no login. Unique by external id, e-mail address and login.

    A record that was found to be a second one of somebody is `merged_into` the other: a signpost, which is listed
    nowhere, while its external id and address go on leading there.
    """

    external_id = models.CharField(max_length=100)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="persons", db_index=False
    )
    name = models.CharField(max_length=150, validators=[plain_text])
    folded = models.TextField(editable=False, help_text="Name, title and address as search compares them.")
    email = models.EmailField("e-mail address", max_length=254, blank=True)
    title = models.CharField(max_length=100, blank=True, validators=[plain_text])
    location = TenantForeignKey(Location, null=True, blank=True, db_index=False)
    manager = TenantForeignKey("self", null=True, blank=True, db_index=False)
    joined_on = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    language = models.CharField(
        max_length=5,
        choices=LANGUAGES,
        blank=True,
        default="",
        db_default="",
        help_text="Empty is the organization's.",
    )
    badge_count = models.PositiveIntegerField(default=0, editable=False)
    merged_into = TenantForeignKey("self", null=True, blank=True, editable=False)

    objects = TenantManager.from_queryset(PersonQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "external_id"], name="person_external_id_once"),
            models.UniqueConstraint(fields=["organization", "user"], name="person_user_once"),
            models.UniqueConstraint(
                "organization", Lower("email"), condition=~Q(email=""), name="person_email_once"
            ),
            models.CheckConstraint(
                condition=Q(language__in=["", *dict(LANGUAGES)]), name="person_language_known"
            ),
            models.CheckConstraint(condition=~Q(manager=F("id")), name="person_not_own_manager"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="person_not_merged_into_itself"),
            models.CheckConstraint(
                condition=Q(merged_into=None)
                | Q(left_on__isnull=False, joined_on=None, manager=None, badge_count=0),
                name="person_merged_is_a_signpost",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "folded", "id"], name="person_by_folded"),
            models.Index(fields=["organization", "location", "folded", "id"], name="person_by_location"),
            models.Index(fields=["organization", "-badge_count", "id"], name="person_by_badges"),
            models.Index(fields=["user"], condition=Q(user__isnull=False), name="person_by_user"),
            models.Index(
                fields=["organization", "merged_into"],
                condition=Q(merged_into__isnull=False),
                name="person_merged",
            ),
            models.Index(
                fields=["organization", "manager"],
                condition=Q(manager__isnull=False),
                name="person_by_manager",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.folded = self.search_text()
        super().save(*args, **kwargs)

    def search_text(self) -> str:
        """Also what lists are ordered by, hence no longer than an index can hold."""
        return " " + folded(f"{self.name} {self.title} {self.email}")[:LONGEST_FOLDED]

    def get_absolute_url(self) -> str:
        return address_of("people:profile", self.organization.slug, self.pk)

    @cached_property
    def assigned_roles(self) -> list[tuple[Role, int | None]]:
        """The roles given to the person, each with the location that it is bound to."""
        assigned = RoleAssignment.objects.filter(person=self).values_list("role", "location")
        return [(Role(role), location) for role, location in assigned]

    @cached_property
    def roles(self) -> set[Role]:
        """Whoever was given no other role is an employee."""
        return {role for role, _ in self.assigned_roles} or {Role.EMPLOYEE}

    @cached_property
    def capabilities(self) -> frozenset[Capability]:
        everywhere = {role for role, location in self.assigned_roles if location is None}
        return (capabilities(self.roles) - UNBOUND_ONLY) | (capabilities(everywhere) & UNBOUND_ONLY)

    def can(self, capability: Capability) -> bool:
        """Whether the person may do it at all; for whom, `people.access.editable_by` tells."""
        return capability in self.capabilities

    @cached_property
    def may_give_roles(self) -> frozenset[Role]:
        return gives(self.roles)

    @property
    def gives_by_hand(self) -> bool:
        return may_give_by_hand(self.capabilities)


class PersonWord(TenantModel):
    """A word of somebody's `folded`, kept by a trigger on the people: what search looks up.

    Ordered by bytes, so that the words with one beginning are a range of the index.
    """

    person = TenantForeignKey(Person, related_name="words")
    word = models.TextField(db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "word", "person"], name="person_word_once")
        ]

    def __str__(self) -> str:
        return self.word


class Placement(TenantModel):
    """Where a person worked, and as what, from a day on; the first begins at 0001-01-01 or when they joined."""

    person = TenantForeignKey(Person, related_name="placements")
    from_on = models.DateField()
    location = TenantForeignKey(Location, null=True, blank=True)
    title = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["from_on"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "person", "from_on"], name="placement_once_a_day")
        ]


class RoleAssignment(TenantModel):
    """A role that a person has in their organization, for all of it or for a location and what is below."""

    person = TenantForeignKey(Person, related_name="role_assignments")
    role = models.CharField(max_length=30, choices=Role.choices)
    location = TenantForeignKey(Location, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person", "role", "location"], nulls_distinct=False, name="role_once"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_known"),
        ]


class Invitation(TenantModel):
    """A person was asked by mail to take up their login. Its link is signed, and is good once.

    `serial` counts the mails: of several, only the youngest link works. `sent_at` is empty until a mail
    server has taken the mail; whoever has no `closed_at` (accepted or withdrawn) and is in time may accept.
    """

    person = TenantForeignKey(Person, related_name="invitations")
    email = models.EmailField("e-mail address", max_length=254)
    invited_by = TenantForeignKey(Person, null=True, blank=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    serial = models.PositiveIntegerField(default=1)
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-invited_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person"],
                condition=Q(closed_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(closed_at=F("accepted_at")),
                name="invitation_accepted_closes",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-invited_at", "-id"], name="invitation_newest_first")
        ]


class Merge(TenantModel):
    """Two records of one person became one: `merged` is a signpost to `kept` until this is undone.

    `before` and `after` are what was known of both, `moved` the rows that went over by model and column, `dropped`
    those that the kept record had already, and `awards` those that ended because their like stands.
    """

    kept = TenantForeignKey(Person, related_name="merges")
    merged = TenantForeignKey(Person)
    by = TenantForeignKey(Person)
    at = models.DateTimeField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    dropped = models.JSONField(default=dict)
    awards = models.JSONField(default=list)
    undone_by = TenantForeignKey(Person, null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "merged"], condition=Q(undone_at=None), name="merge_stands_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "kept", "-at"], name="merge_by_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.merged} into {self.kept}"

    def get_absolute_url(self) -> str:
        return reverse("people:merged", args=[self.organization.slug, self.pk])


class RecordChange(TenantModel):
    """What rules depend on was changed: somebody's, or with no person everybody's. `rules` works it off.

    Written in the change's own transaction, so that a lost bell loses nothing; deleted when it is worked off.
    """

    person = TenantForeignKey(Person, null=True, blank=True)
    changed_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "id"], name="record_change_in_order")]


class AuditEntry(TenantModel):
    """Who did what when. Append-only; `details` is what a reader needs besides the sentence."""

    at = models.DateTimeField()
    actor = TenantForeignKey(Person, null=True, blank=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["organization", "-at", "-id"], name="audit_newest_first")]
