"""Measurements of Lapel beside the limit of what it does, in the same run."""
