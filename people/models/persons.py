from copy import copy
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from people.addresses import address_of
from people.alphabet import Folded
from people.models.locations import Location
from people.models.organizations import LANGUAGES
from people.models.users import User
from people.prepared import planned_once
from people.querysets import PersonQuerySet, folded
from people.roles import BY_HAND, UNBOUND_ONLY, Capability, Role, capabilities, gives
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text

LONGEST_FOLDED = 600


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
                condition=Q(merged_into=None) | Q(left_on__isnull=False, joined_on=None, manager=None),
                name="person_merged_is_a_signpost",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "folded", "id"], name="person_by_folded"),
            models.Index(fields=["organization", "location", "folded", "id"], name="person_by_location"),
            models.Index("organization", Folded("title"), "id", name="person_by_title"),
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
            # Whether anybody left, asked before every batch of rules.
            models.Index(
                fields=["organization"],
                condition=Q(left_on__isnull=False, merged_into=None),
                name="person_left",
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
    @planned_once()
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

    def as_colleague(self) -> "Person":
        """The person without any role, to show what colleagues see."""
        plain = copy(self)
        for known in ("roles", "capabilities", "may_give_roles"):
            plain.__dict__.pop(known, None)
        plain.assigned_roles = []
        return plain

    @cached_property
    def may_give_roles(self) -> frozenset[Role]:
        return gives(self.roles)

    @property
    def gives_by_hand(self) -> bool:
        return self.capabilities >= BY_HAND


class PersonWord(TenantModel):
    """A word of somebody's `folded`, kept by a trigger on the people: what search looks up.

    Ordered by bytes, so that the words with one beginning are a range of the index.
    """

    person = TenantForeignKey(Person, related_name="words", db_index=False)
    word = models.TextField(db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "word", "person"], name="person_word_once")
        ]
        indexes = [models.Index(fields=["organization", "person"], name="person_word_by_person")]

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
