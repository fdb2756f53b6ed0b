"""Emblems, and giving badges by hand. Pages that read rules as well are in `rules.badge_views`."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from badges.emblem import WIDTHS
from badges.models import EmblemImage
from people.access import OrganizationRequest


@require_safe
def emblem(request: OrganizationRequest, organization: str, emblem_id: int, width: int) -> HttpResponse:
    """A PNG that never changes under its address. Nothing but a picture, whatever a browser makes of it."""
    if width not in WIDTHS:
        raise Http404
    images = EmblemImage.objects.filter(emblem=emblem_id).order_by("width")
    image = images.filter(width__gte=width).first() or images.last()
    if image is None:
        raise Http404
    return HttpResponse(
        bytes(image.data),
        content_type="image/png",
        headers={
            "Cache-Control": "private, max-age=31536000, immutable",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )
