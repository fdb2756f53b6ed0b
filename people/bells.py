"""Ringing Celery: a hint after commit, within a bounded time. The rows are the truth; sweeps find them."""

import logging
import time
from functools import partial
from typing import Any

from django.db import transaction

log = logging.getLogger(__name__)
SILENCE_S = 10.0
_silent_until = 0.0


def ring(task: Any, *args: int) -> None:
    """Enqueue a task once the present transaction has committed; a deaf broker costs one short wait."""
    transaction.on_commit(partial(_send, task, args), robust=True)


def _send(task: Any, args: tuple[int, ...]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(args, retry=False)
    except Exception as error:  # whatever the broker's client raises: the sweep will find the row
        _silent_until = time.monotonic() + SILENCE_S
        log.warning("the broker does not answer (%s); the next sweep picks it up", error)
