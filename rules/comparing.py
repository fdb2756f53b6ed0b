"""What is different between two texts of a rule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any


@dataclass(frozen=True)
class Line:
    """A line of JSON: `was` in the earlier text only, `is_new` in the later only, or in both."""

    text: str
    was: bool = False
    is_new: bool = False


def compared(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[Line]:
    old, new = _lines(earlier), _lines(later)
    found = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found += [Line(text) for text in old[i1:i2]]
        else:
            found += [Line(text, was=True) for text in old[i1:i2]]
            found += [Line(text, is_new=True) for text in new[j1:j2]]
    return found


def _lines(definition: Mapping[str, Any]) -> list[str]:
    plain = {name: value for name, value in definition.items() if name not in {"id", "name", "version"}}
    return json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
