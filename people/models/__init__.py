from people.models.invitations import Invitation
from people.models.locations import Location
from people.models.merges import Merge
from people.models.organizations import LANGUAGES, Logo, Organization, free_slug, known_zone
from people.models.persons import Person, PersonWord, Placement, RoleAssignment
from people.models.records import AuditEntry, RecordChange
from people.models.sendings import Sending
from people.models.users import User

__all__ = [
    "LANGUAGES",
    "AuditEntry",
    "Invitation",
    "Location",
    "Logo",
    "Merge",
    "Organization",
    "Person",
    "PersonWord",
    "Placement",
    "RecordChange",
    "RoleAssignment",
    "Sending",
    "User",
    "free_slug",
    "known_zone",
]
