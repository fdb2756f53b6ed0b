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
    MANAGE_BOARDS = "manage_boards", "Make and change boards"
    MANAGE_PEOPLE = "manage_people", "Edit people"
    MANAGE_BADGES = "manage_badges", "Define badges and rules"
    SEE_HISTORY = "see_history", "See everybody's history and reasons"


_EMPLOYEE = frozenset({Capability.SUBMIT_WORK})
_MANAGER = _EMPLOYEE | {Capability.MOVE_WORK, Capability.MANAGE_BOARDS, Capability.SEE_HISTORY}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.EMPLOYEE: _EMPLOYEE,
    Role.MANAGER: _MANAGER,
    Role.USER_ADMINISTRATOR: _EMPLOYEE | {Capability.MANAGE_PEOPLE, Capability.SEE_HISTORY},
    Role.BADGE_ADMINISTRATOR: _EMPLOYEE | {Capability.MANAGE_BADGES, Capability.SEE_HISTORY},
    Role.AUDITOR: frozenset({Capability.SEE_HISTORY}),
    Role.OWNER: frozenset(Capability),
}


def capabilities(roles: set[Role]) -> frozenset[Capability]:
    return frozenset().union(*(CAPABILITIES[role] for role in roles))


def may_give_by_hand(held: frozenset[Capability]) -> bool:
    """Giving and taking back by hand needs both administrations."""
    return {Capability.MANAGE_PEOPLE, Capability.MANAGE_BADGES} <= held
