"""The order in which people read lists, in the database, whatever its locale."""

from django.db.models import Func, TextField


class Folded(Func):
    """Text without case and accents: capitals stand beside small letters, Ä beside A. Indexes may have it."""

    template = "regexp_replace(normalize(lower(%(expressions)s), NFKD), '[\\u0300-\\u036f]+', '', 'g')"
    arity = 1
    output_field = TextField()
