"""Handing out files and pictures that people uploaded."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def to_keep(name: str, content_type: str, data: bytes) -> HttpResponse:
    """A file to keep, never to be shown or run here, whatever a browser makes of it."""
    return HttpResponse(
        data,
        content_type=content_type,
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


def picture(png: bytes) -> HttpResponse:
    """A picture of our own drawing that never changes under its address, and nothing but a picture."""
    return HttpResponse(
        png,
        content_type="image/png",
        headers={
            "Cache-Control": "private, max-age=31536000, immutable",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )
