"""Django's SMTP, which also tells a message that never left from one that went unanswered."""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend


class Unacknowledged(smtplib.SMTPException):
    """The line broke after the message was handed over and before the server said yes or no."""


class _Watched(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return super().data(msg)
        except smtplib.SMTPResponseException:
            raise
        except OSError as error:  # SMTPServerDisconnected and timeouts among them
            raise Unacknowledged(str(error)) from error


class _WatchedOverTls(_Watched, smtplib.SMTP_SSL):
    pass


class EmailBackend(DjangoBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _WatchedOverTls if self.use_ssl else _Watched
