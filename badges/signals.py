"""Bells that travel up: sent after commit, with ids only."""

from django.dispatch import Signal

award_changed = Signal()  # organization_id
