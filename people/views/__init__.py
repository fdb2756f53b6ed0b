from people.views.start import error, start

__all__ = ["error", "start"]
