"""HTML that people write for mails: a few tags, links that lead to the web or to an address, and nothing else."""

from html.parser import HTMLParser

import nh3

TAGS = {"p", "br", "hr", "strong", "b", "em", "i", "u", "h2", "h3", "ul", "ol", "li", "blockquote", "a"}
SCHEMES = ("https:", "http:", "mailto:")
LINK = "{link}"  # the one placeholder that may be where a link leads
_SANS = "'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_TEXT = f"margin:0 0 14px;font:400 16px/24px {_SANS};color:#13212a;"
# Mail programs know only what stands at the tag itself. The classes are those of the frame, for dark screens.
_STYLES = {
    "p": {"class": "ink", "style": _TEXT},
    "h2": {"class": "ink", "style": f"margin:0 0 10px;font:600 22px/28px {_SANS};color:#13212a;"},
    "h3": {"class": "ink", "style": f"margin:0 0 8px;font:600 18px/24px {_SANS};color:#13212a;"},
    "ul": {"class": "ink", "style": f"{_TEXT}padding-left:22px;"},
    "ol": {"class": "ink", "style": f"{_TEXT}padding-left:22px;"},
    "blockquote": {"class": "ink", "style": f"{_TEXT}padding-left:14px;border-left:3px solid #dbe2e3;"},
    "a": {"class": "lnk", "style": "color:#0b5a73;"},
}


def clean(html: str, *, styled: bool = False) -> str:
    """Only what is allowed, every tag closed; for mails with their looks."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_kept,
        url_schemes={scheme.rstrip(":") for scheme in SCHEMES},
        link_rel=None,
        set_tag_attribute_values=_STYLES if styled else None,
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    return value if attribute != "href" or leads_somewhere(value) else None


def leads_somewhere(href: str) -> bool:
    """No placeholder but `{link}`, and that alone: values are text, not addresses."""
    href = href.strip()
    return href == LINK or (href.lower().startswith(SCHEMES) and "{" not in href)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.numbers: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._judge(tag, dict(attrs))
        if tag in {"ul", "ol"}:
            self.numbers.append(0 if tag == "ol" else -1)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        self.text.append(self._before(tag))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self.numbers:
            self.numbers.pop()
        if tag == "a" and self.links and (href := self.links.pop()):
            self.text.append(f" ({href})")
        self.text.append({"li": "", "br": ""}.get(tag, "\n\n" if tag in _BLOCKS else ""))

    def handle_data(self, data: str) -> None:
        self.text.append(" ".join(f"|{data}|".split())[1:-1])

    def _before(self, tag: str) -> str:
        if tag == "li":
            if self.numbers and self.numbers[-1] >= 0:
                self.numbers[-1] += 1
                return f"\n{self.numbers[-1]}. "
            return "\n- "
        return {"br": "\n", "hr": "\n\n---\n\n"}.get(tag, "\n\n" if tag in _BLOCKS else "")

    def _judge(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"A mail cannot hold <{tag[:20]}>. Use {', '.join(sorted(TAGS))}.")
            return
        for name, value in attributes.items():
            if (tag, name) != ("a", "href"):
                self.wrong.append(f"<{tag}> cannot have “{name[:20]}”. Only <a> has an address, as href.")
            elif not leads_somewhere(value or ""):
                self.wrong.append(f"Links lead to http, https or mailto addresses, or to {LINK}.")


_BLOCKS = {"p", "h2", "h3", "ul", "ol", "blockquote"}


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def wrong_in(html: str) -> str:
    """What cannot stand in a mail, in its writer's words; "" where all can."""
    return next(iter(_read(html).wrong), "")


def text_of(html: str) -> str:
    """The same in plain words: paragraphs apart, lists as lines, where links lead in brackets."""
    lines = [line.strip() for line in "".join(_read(clean(html)).text).split("\n")]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip()
