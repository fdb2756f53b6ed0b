"""Bells that travel up: sent after commit, with ids only."""

from django.dispatch import Signal

record_changed = Signal()  # organization_id
