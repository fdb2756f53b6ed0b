"""A rule as sentences, in the organization's words and in the language that is spoken (`people.languages.speaking`).

`sentence(rule, names)` is whole: "Given to anyone who has submitted at least 3 improvements within 7 days. Kept
for good." Its pieces are of use too: `earned` (after "anyone who"), `deed` and `kept`.

English makes clauses of verbs. The catalogs make phrases of nouns, which fit together in any order and without bending:
"Verliehen für mindestens 3 eingereichte Verbesserungen innerhalb von 7 Tagen. Bleibt dauerhaft bestehen." In German
what `deed` and `things` say is in the accusative.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import number_format
from django.utils.translation import get_language, npgettext, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import ngettext as _n

from activity.models.kinds import read_aloud
from people.templatetags.lapel import full_day
from rules import phrases
from rules.criteria import (
    Average,
    Combination,
    Count,
    Criterion,
    Expires,
    Holds,
    Permanent,
    Rule,
    Selector,
    Streak,
    Sum,
    Tenure,
    While,
    named_in,
    parse,
)
from rules.english import can_be_read, infinitive, noun, verb
from rules.kind_words import ATTRIBUTES, KINDS, ROLES
from rules.phrases import lasting, number_in, of_time


@dataclass(frozen=True)
class Names:
    """The organization's words: labels by kind, names by badge slug and by a location's external id, units by kind.

    Instants are told in its `zone`.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    badges: Mapping[str, str] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"

    def worth(self, value: Decimal | int, select: "Selector") -> str:
        """A value with its unit, where all that is selected is counted in the same one."""
        units = {self.units.get(kind, "") for kind in select.kinds or ()}
        return f"{number(value)} {units.pop() if len(units) == 1 else ''}".rstrip()


def sentence(rule: Rule | Mapping[str, Any], names: Names | None = None) -> str:
    rule = rule if isinstance(rule, Rule) else parse(rule)
    names, named = names or Names(), named_in(rule)
    known = (
        (names.kinds, named.kinds),
        (names.badges, named.badges),
        (names.locations, named.places),
        (names.units, named.kinds),
    )
    return _sentence(get_language(), rule, names.zone, *(_those(words, some) for words, some in known))


def _those(words: Mapping[str, str], some: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((one, words[one]) for one in some if one in words)


@lru_cache(maxsize=5_000)
def _sentence(language: str | None, rule: Rule, zone: str, *known: tuple[tuple[str, str], ...]) -> str:
    """The catalogue has a sentence for each badge, and looking up phrases takes its time. `language` is spoken now."""
    kinds, badges, locations, units = map(dict, known)
    names = Names(kinds, badges, locations, units, zone)
    given = _("Given to anyone who %(earns)s.") % {"earns": earned(rule.criterion, names)}
    said = [given, again(rule), kept(rule, names), grace(rule), audience(rule, names), campaign(rule, names)]
    return " ".join(part for part in said if part)


# ---- criteria
def earned(criterion: Criterion, names: Names) -> str:
    """What goes after "anyone who"."""
    words: dict[type, Callable[[Any, Names], str]] = {
        Count: _count,
        Sum: _sum,
        Average: _average,
        Streak: _streak,
        Tenure: _tenure,
        Holds: _holds,
        Combination: _combination,
    }
    return words[type(criterion)](criterion, names)


def _count(criterion: Count, names: Names) -> str:
    done = deed(criterion.select, criterion.at_least, names)
    return _("has %(deed)s") % {"deed": _in_window(done, criterion.within, criterion.per)}


def _sum(criterion: Sum, names: Names) -> str:
    what = _in_window(things(criterion.select, names), criterion.within, criterion.per)
    told = _("has reached a total of at least %(total)s with %(things)s")
    return told % {"total": names.worth(criterion.at_least, criterion.select), "things": what}


def _average(criterion: Average, names: Names) -> str:
    told = _n(
        "has reached an average of at least %(average)s over %(things)s",
        "has reached an average of at least %(average)s over at least %(number)s %(things)s",
        criterion.over,
    )
    return told % {
        "average": names.worth(criterion.at_least, criterion.select),
        "number": number(criterion.over),
        "things": _in_window(things(criterion.select, names), criterion.within),
    }


def _streak(criterion: Streak, names: Names) -> str:
    done = deed(criterion.select, criterion.each, names)
    said: str = phrases.IN_A_ROW[criterion.per] % {"n": criterion.length, "deed": done}
    return said


def _tenure(criterion: Tenure, names: Names) -> str:
    return of_time(phrases.HERE_FOR, criterion.of)


def _holds(criterion: Holds, names: Names) -> str:
    badges, least = [names.badges.get(slug, slug) for slug in criterion.badges], criterion.at_least
    if least == len(badges):
        told = npgettext("all of these badges", "holds %(badges)s", "holds %(badges)s", len(badges))
        return told % {"badges": both(badges)}
    if least == 1:
        return pgettext("any of these badges", "holds %(badges)s") % {"badges": either(badges)}
    return _("holds at least %(least)s of %(badges)s") % {"least": least, "badges": both(badges)}


def _combination(criterion: Combination, names: Names) -> str:
    parts = [_part(part, names) for part in criterion.parts]
    within = of_time(phrases.WITHIN, criterion.within) if criterion.within else ""
    known = {"least": criterion.needed, "within": within}
    if len(parts) > 1 and criterion.needed == len(parts):
        known["parts"] = both(parts, comma=True)
        return (_("%(parts)s, %(within)s of each other") if within else "%(parts)s") % known
    if criterion.needed == 1:
        known["parts"] = either(parts, comma=True)
        return ("%(parts)s, %(within)s" if within else "%(parts)s") % known
    known["parts"] = _("; ").join(parts)
    told = (
        _("meets at least %(least)s of these, %(within)s of each other: %(parts)s")
        if within
        else _("meets at least %(least)s of these: %(parts)s")
    )
    return told % known


def _part(part: Criterion, names: Names) -> str:
    said = earned(part, names)
    return f"({said})" if isinstance(part, Combination) and len(part.parts) > 1 else said


def _in_window(what: str, within: str | None, per: str | None = None) -> str:
    if within:
        return f"{what} {of_time(phrases.WITHIN, within)}"
    return f"{what} {phrases.IN_ONE[per]}" if per else what


# ---- what is counted
def deed(select: Selector, n: int, names: Names) -> str:
    """ "submitted at least 3 improvements": what goes after "has"."""
    kinds = select.kinds or ()
    said = _deed_of(kinds[0], n) if len(kinds) == 1 and not names.kinds.get(kinds[0]) else ""
    return f"{said or _some(kinds, n, names)}{_narrowed(select, names)}"


def _deed_of(kind: str, n: int) -> str:
    """ "" where it has to be told of as of a thing."""
    if kind in KINDS:
        return str(KINDS[kind].deed % {"n": n, "number": number(n)})
    if not can_be_read(kind):
        return ""
    return f"{verb(kind)} at least {number(n)} {noun(kind, n)}"


def _some(kinds: Sequence[str], n: int, names: Names) -> str:
    if not kinds:
        told = _n("done at least %(number)s thing", "done at least %(number)s things", n)
    elif len(kinds) == 1:
        told = npgettext(
            "one kind",
            "done at least %(number)s thing (%(which)s)",
            "done at least %(number)s things (%(which)s)",
            n,
        )
    else:
        told = _n(
            "done at least %(number)s thing (%(which)s)", "done at least %(number)s things (%(which)s)", n
        )
    return told % {"number": number(n), "which": either([_of_kind(kind, names) for kind in kinds])}


def things(select: Selector, names: Names) -> str:
    """ "improvements submitted"."""
    which = either([_of_kind(kind, names) for kind in select.kinds or ()])
    return f"{which or _('things done')}{_narrowed(select, names)}"


def to_do(select: Selector, n: int, names: Names) -> str:
    """ "submit 1 more improvement", on pages, which are English; "" where what is counted has no such words."""
    kinds = select.kinds or ()
    if len(kinds) != 1 or names.kinds.get(kinds[0]) or not infinitive(kinds[0]):
        return ""
    return f"{infinitive(kinds[0])} {number(n)} more {noun(kinds[0], n)}{_narrowed(select, names)}"


def _of_kind(kind: str, names: Names) -> str:
    if label := names.kinds.get(kind):
        return quoted(label)
    if kind in KINDS:
        return str(KINDS[kind].things)
    if can_be_read(kind):
        return f"{noun(kind, 2)} {verb(kind)}"
    return quoted(read_aloud(kind) if verb(kind) else kind)


def _narrowed(select: Selector, names: Names) -> str:
    words = []
    if select.roles:
        roles = [str(ROLES.get(role) or role.replace("_", " ")) for role in select.roles]
        words.append(_("as %(roles)s") % {"roles": either(roles)})
    for name, choices in select.attributes or ():
        known = {"attribute": ATTRIBUTES.get(name, name), "values": either([_value(one) for one in choices])}
        words.append(_("with %(attribute)s %(values)s") % known)
    if select.min_value is not None:
        words.append(_("worth at least %(value)s") % {"value": names.worth(select.min_value, select)})
    if select.location:
        place = names.locations.get(select.location, select.location)
        words.append(_("in %(place)s") % {"place": place})
    if select.per_day:
        words.append(_("(counting at most %(most)s a day)") % {"most": select.per_day})
    return "".join(f" {word}" for word in words)


def _value(choice: str) -> str:
    value = json.loads(choice)
    return quoted(value) if isinstance(value, str) else choice


# ---- retention and the rest
def kept(rule: Rule, names: Names) -> str:
    keep = rule.retention
    if isinstance(keep, Permanent):
        return _("Kept for good.")
    if isinstance(keep, Expires):
        last = _("Ends %(lasting)s after it was last earned.")
        told = _("Ends %(lasting)s after it was earned.") if rule.repeatable else last
        return told % {"lasting": lasting(keep.after)}
    if isinstance(keep, While):
        done = _in_window(deed(rule.cover, keep.at_least, names), keep.within)
        return _("Kept as long as they have %(deed)s.") % {"deed": done}
    if isinstance(rule.criterion, Streak):
        return str(phrases.WITHOUT[rule.criterion.per])
    return _("Kept as long as that is so.")


def grace(rule: Rule) -> str:
    if isinstance(rule.retention, Permanent) or not rule.retention.grace:
        return ""
    told = _n(
        "After its end there is %(lasting)s of grace to earn it again.",
        "After its end there are %(lasting)s of grace to earn it again.",
        number_in(rule.retention.grace),
    )
    return told % {"lasting": lasting(rule.retention.grace)}


def again(rule: Rule) -> str:
    if not rule.repeatable:
        return ""
    criterion = rule.criterion
    if isinstance(criterion, Streak):
        said: str = phrases.AGAIN_IN_A_ROW[criterion.per] % {"n": criterion.length}
        return said
    if isinstance(criterion, Count) and not criterion.per:
        told = _n(
            "Given again for every further one.",
            "Given again for every further %(number)s.",
            criterion.at_least,
        )
        return told % {"number": number(criterion.at_least)}
    assert isinstance(criterion, Count | Sum)
    assert criterion.per
    return str(phrases.ANEW[criterion.per])


def audience(rule: Rule, names: Names) -> str:
    if rule.for_ is None:
        return ""
    words = []
    if rule.for_.locations:
        places = either([names.locations.get(one, one) for one in rule.for_.locations])
        words.append(pgettext("people", "in %(places)s") % {"places": places})
    if rule.for_.titles:
        titles = either([quoted(title) for title in rule.for_.titles])
        words.append(_("with the title %(titles)s") % {"titles": titles})
    if rule.for_.joined_from:
        words.append(_("who joined on %(day)s or later") % {"day": full_day(rule.for_.joined_from)})
    return _("Only for people %(whom)s.") % {"whom": ", ".join(words)} if words else ""


def campaign(rule: Rule, names: Names) -> str:
    if rule.counts is None or not (rule.counts.from_ or rule.counts.until):
        return ""
    known = {
        "since": instant(rule.counts.from_, names.zone),
        "until": instant(rule.counts.until, names.zone),
    }
    if not rule.counts.until:
        return _("Only what is done from %(since)s counts.") % known
    if not rule.counts.from_:
        return _("Only what is done before %(until)s counts.") % known
    return _("Only what is done from %(since)s and before %(until)s counts.") % known


# ---- names, numbers, days
def both(words: Sequence[str], *, comma: bool = False) -> str:
    """All of them: "A, B, and C"; `comma` where there are but two, for long ones."""
    if len(words) < 2:
        return "".join(words)
    known = {"names": ", ".join(words[:-1]), "last": words[-1]}
    return (_("%(names)s, and %(last)s") if comma or len(words) > 2 else _("%(names)s and %(last)s")) % known


def either(words: Sequence[str], *, comma: bool = False) -> str:
    """Any of them: "A, B, or C"."""
    if len(words) < 2:
        return "".join(words)
    known = {"names": ", ".join(words[:-1]), "last": words[-1]}
    return (_("%(names)s, or %(last)s") if comma or len(words) > 2 else _("%(names)s or %(last)s")) % known


def quoted(name: str) -> str:
    return _("“%(name)s”") % {"name": name}


def number(value: Decimal | int) -> str:
    exact = value.normalize() if isinstance(value, Decimal) else value
    return number_format(exact, force_grouping=True)


def instant(value: datetime | None, zone: str) -> str:
    """By clocks there; of a day's first moment the day is enough."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone))
    day = full_day(local.date())
    return day if local.time() == time() else _("%(day)s, %(time)s") % {"day": day, "time": f"{local:%H:%M}"}
