"""What bytes of a file mean where they are not UTF-8: UTF-16 says so itself, Windows-1252 has to look like it."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

UTF8, UTF16, WESTERN = "utf-8", "utf-16", "cp1252"
MARKS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHUNK = 1 << 16
MOST_WORDS = 5

LETTERS = "A-Za-zÀ-ÖØ-öø-ÿŠŽŒšžœŸƒ"
# What another encoding's letters turn into: marks within words, words without any plain letter.
STRANGE = re.compile(
    f"[{LETTERS}][€‚„…†‡ˆ‰‹“”•˜™›¡¢£¤¥¦§¨©«¬®¯°±²³¶¸¹»¼½¾¿\u00a0][{LETTERS}]"
    "|(?<![A-Za-z])[À-ÖØ-öø-ÿŠŽŒšžœŸƒ]{3,}(?![A-Za-z])"
)
RARE, COMMON = re.compile("[ŠŽŒšžœŸƒ]"), re.compile("[À-ÖØ-öø-ÿ]")
ACCENTED = re.compile(f"[{LETTERS}]*[À-ÖØ-öø-ÿŠŽŒšžœŸƒ][{LETTERS}]*")


@dataclass
class Western:
    """Whether text that was read as Windows-1252 looks like a western language, and words to judge it by."""

    words: list[str] = field(default_factory=list)
    rare: int = 0
    common: int = 0
    is_strange: bool = False

    def look_at(self, line: str) -> None:
        if line.isascii():
            return
        self.is_strange = self.is_strange or bool(STRANGE.search(line))
        self.rare += len(RARE.findall(line))
        self.common += len(COMMON.findall(line))
        for word in ACCENTED.findall(line):
            if len(self.words) < MOST_WORDS and word not in self.words:
                self.words.append(word[:40])

    @property
    def is_plausible(self) -> bool:
        """Files of old Macintoshes and of DOS have the rare letters where common ones belong."""
        return not self.is_strange and self.rare <= self.common


def utf16_lines(raw: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file in UTF-16, in UTF-8. Raises UnicodeDecodeError where it is damaged."""
    decoder = codecs.getincrementaldecoder(UTF16)()
    begun: list[str] = []
    while chunk := raw.read(CHUNK):
        first, *others = decoder.decode(chunk).split("\n")
        begun.append(first)
        for other in others:
            yield ("".join(begun) + "\n").encode()
            begun = [other]
    begun.append(decoder.decode(b"", final=True))
    if last := "".join(begun):
        yield last.encode()
