"""How the holders of a badge are asked for: by words, and in an order. Whatever is not known changes nothing."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.http import QueryDict

LONGEST_TEXT = 100


class HolderOrder(TextChoices):
    NEWEST = "newest", "Newest first"
    NAME = "name", "By name"
    ENDS = "ends", "Next end first"


@dataclass(frozen=True)
class Listing:
    """`text` is looked for as on the People page: in names, titles and addresses."""

    text: str
    order: HolderOrder

    @property
    def orders(self) -> list[tuple[str, str]]:
        return HolderOrder.choices


def listing(query: QueryDict, usual: HolderOrder) -> Listing:
    """As an address says it; in the usual order where it says none."""
    order = query.get("sort", "")
    return Listing(
        query.get("q", "").replace("\0", " ").strip()[:LONGEST_TEXT],
        HolderOrder(order) if order in HolderOrder.values else usual,
    )
