from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import translation

from people.languages import language_of_login


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their organization: nobody signs up by themselves."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This e-mail address and password do not go together. Try again, or set a new one.",
        "enter_current_password": "This is not your current password. Try again.",
        "too_many_login_attempts": "Too many attempts. Wait a few minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of whoever owns the address, whatever the browser that asks for it speaks."""
        with translation.override(language_of_login(email)):
            super().send_mail(template_prefix, email, context)
