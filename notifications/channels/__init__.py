"""Ways to a person, one module each: a message in, or one of these failures out. Nothing here reads rows."""


class TemporaryFailure(Exception):
    """It did not go out; another time it may."""


class Unreachable(TemporaryFailure):
    """Nobody answered, so there is no point in trying the next message now."""


class NoAnswer(Unreachable):
    """It was handed over, and then nobody answered: it may have arrived."""


class PermanentFailure(Exception):
    """It was refused for good."""


def plain(text: str) -> str:
    """In one line of printable characters that fits its column."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:500]
