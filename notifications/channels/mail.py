"""One message through the default mailer."""

import contextlib
import smtplib

from anymail.backends.base import AnymailBaseBackend
from django.core.mail import EmailMessage, mailers

from notifications.channels import NoAnswer, PermanentFailure, TemporaryFailure, Unreachable, plain, provider
from notifications.channels.smtp import Unacknowledged


def send(message: EmailMessage) -> str:
    """Returns once the server has taken the message: the id that a provider gives it, "" from a mail server.

    What goes wrong while saying goodbye is no failure.

    5xx on this message is final. A server that lets nobody in, whatever its code, may do so later.
    """
    try:
        connection = mailers.default
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(said(error)) from error
    try:
        if isinstance(connection, AnymailBaseBackend):
            return provider.send(connection, message)
        connection.send_messages([message])
        return ""
    except Unacknowledged as error:
        raise NoAnswer(said(error)) from error
    except smtplib.SMTPServerDisconnected as error:  # smtplib's word for a timeout, too
        raise Unreachable(said(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise (PermanentFailure if refused(error) else TemporaryFailure)(said(error)) from error
    except ValueError as error:  # an address or a header that cannot be written
        raise PermanentFailure(said(error)) from error
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def refused(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return True
    return any(500 <= code < 600 for code, _ in replies(error))


def replies(error: Exception) -> list[tuple[int, bytes | str]]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return list(error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return [(error.smtp_code, error.smtp_error)]
    return []


def said(error: Exception) -> str:
    """The server's words if there are any, in one line that fits its column."""
    words = [
        f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
        for code, text in replies(error)
    ]
    return plain("; ".join(words or [str(error) or type(error).__name__]))
