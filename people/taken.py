"""What only one may have: said by forms before anything is stored, and where two come at once, by the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from people.changes import Refused

# By constraint, the field, and what is said beside it.
TAKEN = {
    "person_email_once": ("email", "Somebody else here has this e-mail address already."),
    "person_external_id_once": ("external_id", "Somebody else here has this staff number already."),
    "location_external_id_once": ("external_id", "Another location has this short name already."),
}


class Taken(Refused):
    """Somebody else has it; `field` says what."""

    def __init__(self, constraint: str) -> None:
        self.field, told = TAKEN[constraint]
        super().__init__(told)


@contextmanager
def refuse_taken() -> Iterator[None]:
    """What was written inside is undone, and no more than that, where it raises `Taken`."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint not in TAKEN:
            raise
        raise Taken(constraint) from None
