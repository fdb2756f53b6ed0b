"""What the browser gets: every reference resolves, and nothing in a page needs a looser content policy."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template
from django.templatetags.static import static

TEMPLATES = Path(settings.BASE_DIR, "templates")
MANIFEST = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
# Only mail needs its style in the elements themselves.
MAILS = re.compile(r"(^|/)(email|mail)s?/")
GIVEN = ("avatar--", "chip--", "icon--")
APPS = ("activity", "badges", "boards", "people", "rules")
FORBIDDEN = re.compile(
    r"""\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|hx-on|javascript:|<script(?![^>]*\ssrc=)"""
)


def page_templates() -> list[Path]:
    return [
        path
        for path in sorted(TEMPLATES.rglob("*.html"))
        if not MAILS.search(path.relative_to(TEMPLATES).as_posix())
    ]


def test_no_class_is_styled_that_nothing_uses() -> None:
    """As far as words tell: those that end in what a tag is given are taken for used."""
    styles = Path(settings.BASE_DIR, "static/css/app.css").read_text()
    code = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", styles, flags=re.DOTALL)
    sources = [*TEMPLATES.rglob("*.html"), *Path(settings.BASE_DIR, "static/js").glob("*.js")]
    sources += [path for app in APPS for path in Path(settings.BASE_DIR, app).rglob("*.py")]
    used = set(re.findall(r"[\w-]+", " ".join(path.read_text() for path in sources)))
    styled = {name for name in re.findall(r"\.([a-z][\w-]*)", code) if not name.startswith(GIVEN)}
    assert styled - used == {"htmx-request"}


def test_every_static_reference_resolves(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST}}
    call_command("collectstatic", interactive=False, verbosity=0)
    named = {
        name for path in page_templates() for name in re.findall(r'{% static "([^"]+)" %}', path.read_text())
    }
    files = {name: tmp_path / static(name).removeprefix("/static/") for name in {*named, "img/icons.svg"}}
    assert {name for name, file in files.items() if not file.exists()} == set()
    styles = files["css/app.css"].read_text()
    fonts = re.findall(r'url\("?([^")]+)', styles)
    assert [font for font in fonts if not (tmp_path / "css" / font).exists()] == []
    assert len(fonts) == 4


def test_templates_carry_nothing_inline() -> None:
    found = {
        (path.name, match.group().strip())
        for path in page_templates()
        for match in FORBIDDEN.finditer(path.read_text())
    }
    assert found == set()


def test_every_template_compiles() -> None:
    for path in sorted(TEMPLATES.rglob("*.*")):
        get_template(path.relative_to(TEMPLATES).as_posix())


def test_broken_pages_need_no_request() -> None:
    for name, words in [("400", "cannot be read"), ("500", "Something broke"), ("503", "away for a moment")]:
        assert words in get_template(f"{name}.html").render()
