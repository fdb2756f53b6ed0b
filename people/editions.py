"""Forms of what several people look after: whoever was overtaken is told before they overwrite."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django import forms


class EditionForm(forms.Form):
    """What `initial` says when the page is shown comes back as `seen`, as a digest."""

    told = False

    @property
    def edition(self) -> str:
        """What whoever fills it in was told of last: a page that comes back for another reason tells of nothing."""
        before = self.data.get("seen", self.initial.get("seen", self._stored))
        return self._stored if self.told else str(before)

    @property
    def _stored(self) -> str:
        return sha256(json.dumps(self.initial, default=str, sort_keys=True).encode()).hexdigest()[:16]

    def is_overtaken(self, thing: object, fields: Mapping[str, Any]) -> bool:
        """Whether somebody changed the thing meanwhile, and `fields` say otherwise; the form tells it then."""
        if self.edition == self._stored:
            return False
        others = [name for name, value in fields.items() if getattr(thing, name) != value]
        if others:
            self.told = True
            labels = ", ".join(str(self[name].label) for name in others if name in self.fields)
            self.add_error(
                None,
                "Somebody changed this meanwhile. What is saved now differs from what you see here"
                f"{f' in: {labels}' if labels else ''}. Save once more to put yours in its place.",
            )
        return bool(others)
