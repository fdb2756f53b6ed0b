"""Bells that travel up: sent after commit, with ids only."""

from django.dispatch import Signal

activities_recorded = Signal()  # organization_id
