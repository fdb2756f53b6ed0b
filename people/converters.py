"""What may stand in an address; anything else finds nothing."""


class Id:
    """A row's id: ASCII digits that fit a bigint."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Slug:
    """An organization's or badge's short name; never one that Lapel's own addresses begin with."""

    regex = "(?!(?:accounts|static|demo)/)[a-z0-9]+(?:-[a-z0-9]+)*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
