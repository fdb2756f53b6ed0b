"""Ringing Celery: a hint after commit, within a bounded time. The rows are the truth; sweeps find them."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

log = logging.getLogger(__name__)
SILENCE_S = 10.0
_silent_until = 0.0


@dataclass(frozen=True)
class _Call:
    function: Callable[..., object]
    args: tuple[Any, ...]

    def __call__(self) -> None:
        self.function(*self.args)


def after_commit(function: Callable[..., object], *args: Any) -> None:
    """Call once the present transaction has committed; the same call, asked for again, is made once."""
    call = _Call(function, args)
    if not any(asked[1] == call for asked in connection.run_on_commit):
        transaction.on_commit(call, robust=True)


def ring(task: Any, *args: int) -> None:
    """Enqueue a task once the present transaction has committed; a deaf broker costs one short wait."""
    after_commit(_send, task, args)


def _send(task: Any, args: tuple[int, ...]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(args, retry=False)
    except Exception as error:  # whatever the broker's client raises: the sweep will find the row
        _silent_until = time.monotonic() + SILENCE_S
        log.warning("the broker does not answer (%s); the next sweep picks it up", error)
