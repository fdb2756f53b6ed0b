"""A saved list that a card narrows further: whoever is on the card is on the list, and passes the card's filters."""

from dataclasses import replace

from boards.filters import LOGINS, Filters
from people.models import Location


def narrowed(listed: Filters, own: Filters) -> Filters:
    """Both together. A card's Who are here goes without saying, so that a list of people who left stays one."""
    place = _lower(listed.location, own.location)
    return replace(
        listed,
        text=f"{listed.text} {own.text}".strip(),
        location=place,
        badges=tuple(dict.fromkeys([*listed.badges, *own.badges])),
        without=tuple(dict.fromkeys([*listed.without, *own.without])),
        ends_soon=listed.ends_soon or own.ends_soon,
        role=listed.role or own.role,
        login=listed.login or own.login,
        status=own.status if listed.status == "all" and own.status == "left" else listed.status,
        nobody=bool(_contradictions(listed, own, place)),
    )


def contradictions(listed: Filters, own: Filters) -> dict[str, str]:
    """Why nobody could be on the list and pass the card's filters as well, by the filter's name."""
    return _contradictions(listed, own, _lower(listed.location, own.location))


def _contradictions(listed: Filters, own: Filters, place: Location | None) -> dict[str, str]:
    said: dict[str, str] = {}
    if own.location and place is None:
        said["location"] = f"The list is about {listed.location}. Choose a place in it, or all places."
    if listed.role and own.role and listed.role != own.role:
        said["role"] = f"The list asks for the role {listed.role.label}. Choose the same, or any role."
    if listed.login and own.login and listed.login != own.login:
        said["login"] = (
            f"The list is about people {LOGINS[listed.login].lower()}. Choose the same, or Login or none."
        )
    if listed.status == "active" and own.status == "left":
        said["status"] = "The list is about people who are here. Choose Who are here, or another list."
    if twice := [badge for badge in own.badges if badge in listed.without]:
        said["badge"] = f"The list asks who do not hold {twice[0]}. Choose another badge."
    if twice := [badge for badge in own.without if badge in listed.badges]:
        said["without"] = f"The list asks who hold {twice[0]}. Choose another badge."
    return said


def _lower(one: Location | None, other: Location | None) -> Location | None:
    """Of two places the one that is within the other; None where neither is, or none is named."""
    if one is None or other is None:
        return one or other
    if other.pk in one.subtree_ids():
        return other
    return one if one.pk in other.subtree_ids() else None
