"""Rules read aloud in other languages."""

from typing import Any

import pytest
from django.utils import translation

from activity.crediting import OWN_KINDS
from config.catalogs import LANGUAGES
from rules.criteria import kinds_named
from rules.english import noun, verb
from rules.gallery import rule_of
from rules.kind_words import KINDS
from rules.presets import GALLERY
from rules.sentences import Names, sentence
from tests.spoken import english_in

PRESETS = [rule for slug in GALLERY if (rule := rule_of(slug))]
NAMES = Names(
    kinds={"ward.walk": "Ward walk"},
    badges={slug: f"B{number}" for number, slug in enumerate(GALLERY)},
    locations={"w3": "Ward 3"},
)


def rule(criterion: dict[str, Any], retention: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "x", "criterion": criterion, "retention": retention, **more}


def count(at_least: int, *kinds: str, **more: Any) -> dict[str, Any]:
    window = {name: more.pop(name) for name in ("within", "per") if name in more}
    return {"type": "count", "at_least": at_least, "select": {"kinds": list(kinds), **more}, **window}


GOOD = {"type": "permanent"}
BURST = rule(count(3, "improvement.submitted", within="7 days"), GOOD)
WALKS = rule(
    count(1, "ward.walk", location="w3"),
    {"type": "while", "at_least": 1, "within": "1 month", "grace": "14 days"},
)
BELT = rule(
    {
        "type": "all_of",
        "parts": [
            {"type": "holds", "at_least": 1, "badges": ["white-belt"]},
            count(1, "training.completed", attributes={"course": ["Yellow Belt"]}),
        ],
    },
    {"type": "expires", "after": "1 year"},
)
SAVED = rule(
    {"type": "sum", "at_least": 12500.5, "per": "year", "select": {"kinds": ["improvement.verified"]}},
    GOOD,
    repeatable=True,
    counts={"from": "2027-05-01T04:00:00Z"},
)
WHITE_BELT = NAMES.badges["white-belt"]
SAID = [
    ("de", BURST, "Verliehen für mindestens 3 eingereichte Verbesserungen innerhalb von 7 Tagen."
                  " Bleibt dauerhaft bestehen."),
    ("fr", BURST, "Remis pour au moins 3 améliorations proposées en l’espace de 7 jours. Conservé définitivement."),
    ("es", BURST, "Se concede por al menos 3 mejoras propuestas en un plazo de 7 días. Se conserva para siempre."),
    ("de", WALKS, "Verliehen für mindestens 1-mal „Ward walk“ im Bereich Ward 3. Bleibt bestehen, solange es mindestens"
                  " 1-mal „Ward walk“ im Bereich Ward 3 innerhalb eines Monats gibt."
                  " Nach dem Ende bleibt eine Nachfrist (14 Tage), um es wieder zu erhalten."),
    ("fr", BELT, f"Remis pour la détention du badge {WHITE_BELT} et au moins 1 formation suivie"
                 " (cours\u00a0: «\u00a0Yellow Belt\u00a0»). Prend fin 1 an après sa dernière obtention."),
    ("es", SAVED, "Se concede por un total de al menos 12\u00a0500,5 en mejoras verificadas en un mismo año natural."
                  " Puede obtenerse de nuevo cada año. Se conserva para siempre."
                  " Solo cuenta lo que se hace desde el 1 de mayo de 2027 a las 04:00."),
    ("fr", SAVED, "Remis pour un total d’au moins 12\u00a0500,5 en améliorations vérifiées au cours d’une même année."
                  " Peut être obtenu à nouveau chaque année. Conservé définitivement."
                  " Seul compte ce qui est fait à partir du 1er mai 2027 à 04:00."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "definition", "said"), SAID)
def test_a_rule_speaks_the_language(language: str, definition: dict[str, Any], said: str) -> None:
    with translation.override(language):
        assert sentence(definition, NAMES) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_is_left_in_any_preset(language: str) -> None:
    with translation.override(language):
        said = {one.id: sentence(one, NAMES) for one in PRESETS}
    assert {slug: left for slug, text in said.items() if (left := english_in(text, language))} == {}
    assert [text for text in said.values() if "%" in text] == []


def test_lapel_has_words_for_what_it_writes_and_what_its_presets_count() -> None:
    counted = {kind for one in PRESETS for kind in kinds_named(one) or ()}
    assert (OWN_KINDS | counted) - KINDS.keys() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_its_words_are_what_english_reads_off_the_name(kind: str) -> None:
    known = KINDS[kind]
    for n in (1, 2):
        assert known.deed % {"n": n, "number": n} == f"{verb(kind)} at least {n} {noun(kind, n)}"
    assert known.things == f"{noun(kind, 2)} {verb(kind)}"


def test_a_kind_that_nobody_named_is_quoted_where_it_cannot_be_read_aloud() -> None:
    odd = rule(count(2, "audit.approved"), GOOD)
    assert sentence(odd).startswith("Given to anyone who has approved at least 2 audits.")
    with translation.override("de"):
        assert sentence(odd).startswith("Verliehen für mindestens 2-mal „Audit approved“.")
