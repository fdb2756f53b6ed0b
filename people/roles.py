"""Who may do what: one table of roles and capabilities."""

from django.db.models import TextChoices


class Role(TextChoices):
    EMPLOYEE = "employee", "Employee"
    MANAGER = "manager", "Manager"
    USER_ADMINISTRATOR = "user_administrator", "User administrator"
    BADGE_ADMINISTRATOR = "badge_administrator", "Badge administrator"
    AUDITOR = "auditor", "Auditor"
    OWNER = "owner", "Owner"


class Capability(TextChoices):
    SUBMIT_WORK = "submit_work", "Submit improvements and start projects"
    MOVE_WORK = "move_work", "Move everybody's work items on"
    VERIFY_IMPACT = "verify_impact", "Verify what other people's work saves"
    MANAGE_STEPS = "manage_steps", "Change the steps that work goes through"
    MANAGE_BOARDS = "manage_boards", "Make and change boards"
    MANAGE_PEOPLE = "manage_people", "Edit people"
    MANAGE_BADGES = "manage_badges", "Define badges and rules"
    GIVE_BADGES = "give_badges", "Give badges and take them back by hand, if they also edit people"
    SEE_HISTORY = "see_history", "See everybody's history and reasons"
    MANAGE_LOCATIONS = "manage_locations", "Change the tree of locations"
    MANAGE_ORGANIZATION = "manage_organization", "Change the organization's settings, and who moves work"
    SEE_AUDIT = "see_audit", "Read who did what when"


_EMPLOYEE = frozenset({Capability.SUBMIT_WORK})
_MANAGER = _EMPLOYEE | {
    Capability.MOVE_WORK,
    Capability.VERIFY_IMPACT,
    Capability.MANAGE_STEPS,
    Capability.MANAGE_BOARDS,
    Capability.SEE_HISTORY,
}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.EMPLOYEE: _EMPLOYEE,
    Role.MANAGER: _MANAGER,
    Role.USER_ADMINISTRATOR: _EMPLOYEE
    | {Capability.MANAGE_PEOPLE, Capability.MANAGE_LOCATIONS, Capability.SEE_HISTORY},
    Role.BADGE_ADMINISTRATOR: _EMPLOYEE
    | {Capability.MANAGE_BADGES, Capability.GIVE_BADGES, Capability.SEE_HISTORY},
    Role.AUDITOR: frozenset({Capability.SEE_HISTORY, Capability.SEE_AUDIT}),
    Role.OWNER: frozenset(Capability),
}

# What concerns everybody: a role that is bound to a location does not bring it.
UNBOUND_ONLY = frozenset(
    {
        Capability.MANAGE_BADGES,
        Capability.MANAGE_LOCATIONS,
        Capability.MANAGE_ORGANIZATION,
        Capability.SEE_AUDIT,
    }
)

# Which roles whoever has a role may give, and take from others.
GIVES: dict[Role, frozenset[Role]] = {
    Role.OWNER: frozenset(Role) - {Role.EMPLOYEE},
    Role.USER_ADMINISTRATOR: frozenset({Role.MANAGER, Role.USER_ADMINISTRATOR}),
}
# Giving and taking back by hand needs both administrations.
BY_HAND = frozenset({Capability.MANAGE_PEOPLE, Capability.GIVE_BADGES})

# Roles that may be bound to a location and what is below it.
BINDABLE = frozenset({Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR})


def gives(roles: set[Role]) -> frozenset[Role]:
    return frozenset().union(*(GIVES.get(role, frozenset()) for role in roles))


def capabilities(roles: set[Role]) -> frozenset[Capability]:
    return frozenset().union(*(CAPABILITIES[role] for role in roles))


def roles_with(capability: Capability) -> list[Role]:
    return [role for role, held in CAPABILITIES.items() if capability in held]
