"""What is different between two texts of a rule: in words, part by part, and as JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from rules.criteria import Rule
from rules.sentences import Names, again, audience, campaign, earned, grace, kept

ALIKE = 0.4  # below this ratio two sentences have only little words in common, and the whole is another
WORD = re.compile(r"\w+(?:[,.:’'-]\w+)*\s*|[^\w\s]+\s*")


@dataclass(frozen=True)
class Piece:
    """Some text: `was` in the earlier rule only, `is_new` in the later only, or in both."""

    text: str
    was: bool = False
    is_new: bool = False

    @property
    def bare(self) -> str:
        return self.text.rstrip()

    @property
    def gap(self) -> str:
        return self.text[len(self.bare) :] or " " * self.was


@dataclass(frozen=True)
class Part:
    """A part of the rule under its name, word by word."""

    name: str
    pieces: list[Piece]

    @property
    def is_changed(self) -> bool:
        return any(piece.was or piece.is_new for piece in self.pieces)


def compared_in_words(earlier: Rule, later: Rule, names: Names) -> list[Part]:
    """Every part that either of them says anything of."""
    old, new = _said(earlier, names), _said(later, names)
    return [
        Part(name, _words_compared(old[name] or unsaid, new[name] or unsaid))
        for name, unsaid in UNSAID.items()
        if old[name] or new[name]
    ]


UNSAID = {  # each part, and what holds where a rule says nothing of it
    "Given to anyone who": "",
    "Again and again": "Held once at a time.",
    "How long it is kept": "",
    "Grace": "No grace.",
    "For whom": "For everybody.",
    "From when": "Whenever it was done.",
}


def _said(rule: Rule, names: Names) -> dict[str, str]:
    words = earned(rule.criterion, names), again(rule), kept(rule, names)
    return dict(zip(UNSAID, [*words, grace(rule), audience(rule, names), campaign(rule, names)], strict=True))


def _words_compared(old: str, new: str) -> list[Piece]:
    if old != new and SequenceMatcher(None, old.split(), new.split(), False).ratio() < ALIKE:
        return [Piece(old, was=True), Piece(new, is_new=True)]
    return _pieces(WORD.findall(old), WORD.findall(new))


def compared(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[Piece]:
    """Line by line, as JSON."""
    return [
        Piece(line, piece.was, piece.is_new)
        for piece in _pieces(_lines(earlier), _lines(later))
        for line in piece.text.splitlines(keepends=True)
    ]


def _lines(definition: Mapping[str, Any]) -> list[str]:
    plain = {name: value for name, value in definition.items() if name not in {"id", "name", "version"}}
    return json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True).splitlines(keepends=True)


def _pieces(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    """What follows upon each other of both, joined; space at the end of a piece makes no difference."""
    found = []
    was, becomes = ([one.rstrip() for one in text] for text in (old, new))
    for what, i1, i2, j1, j2 in SequenceMatcher(None, was, becomes, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Piece("".join(new[j1:j2])))
        else:
            found.append(Piece("".join(old[i1:i2]), was=True))
            found.append(Piece("".join(new[j1:j2]), is_new=True))
    return [piece for piece in found if piece.text]
