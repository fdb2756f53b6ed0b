"""The closed algebra of rules: what earns a badge and what keeps it, as frozen values.

`parse` reads the JSON that is stored, exported and described in docs/rules.md and refuses everything else;
`to_json` writes it back. Values are compared and hashed by content. Durations stay as their text, such as
"7 days", because local calendars decide how long they are; numbers are exact decimals.
"""

from rules.criteria.earning import (
    Average,
    Combination,
    Count,
    Criterion,
    Holds,
    Selector,
    Streak,
    Sum,
    Tenure,
)
from rules.criteria.keeping import Expires, Permanent, Retention, Satisfied, While
from rules.criteria.looking import badges_named, selectors
from rules.criteria.naming import Named, in_order, kinds_named, named_in
from rules.criteria.reading import parse, read, to_json
from rules.criteria.rules import Audience, Campaign, Rule, may_repeat
from rules.criteria.values import Invalid

__all__ = [
    "Audience",
    "Average",
    "Campaign",
    "Combination",
    "Count",
    "Criterion",
    "Expires",
    "Holds",
    "Invalid",
    "Named",
    "Permanent",
    "Retention",
    "Rule",
    "Satisfied",
    "Selector",
    "Streak",
    "Sum",
    "Tenure",
    "While",
    "badges_named",
    "in_order",
    "kinds_named",
    "may_repeat",
    "named_in",
    "parse",
    "read",
    "selectors",
    "to_json",
]
