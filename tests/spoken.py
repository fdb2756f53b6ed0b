"""What is left of English where another language is spoken."""

import re

from config.catalogs import catalog, said_by

WORD = re.compile(r"[^\W\d_]+")
QUOTED = re.compile("“.*?”|„.*?“|«.*?»", re.DOTALL)
ASIDE = re.compile(r"<style>.*?</style>|<[^>]*>|&\w+;|https?://\S+", re.DOTALL)


def english_in(text: str, language: str) -> set[str]:
    """Words of the English phrases that are none of the language's own. Names within quotation marks may be."""
    phrases = [message for message in catalog(language) if message.id]
    own = words("\n".join(form for message in phrases for form in said_by(message)))
    english = words("\n".join(str(message.id) for message in phrases)) - own
    return words(QUOTED.sub("", ASIDE.sub(" ", text))) & english


def words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}
