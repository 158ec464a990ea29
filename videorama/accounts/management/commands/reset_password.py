"""Lets a user choose a new password, also the last administrator who is locked out."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from videorama.accounts import services
from videorama.accounts.models import User
from videorama.errors import AppError


class Command(BaseCommand):
    """Prints the link as the last word, so that scripts can cut it off."""

    help = "Signs a user out and prints a link for a new password, which works once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user named {options['user']}.")
        try:
            reset, text = services.create_reset(user=user, by=None)
        except AppError as error:
            raise CommandError(error.message) from None
        url = settings.PUBLIC_URL + reverse("accounts:reset", args=[text])
        until = f"{reset.expires_at:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"New password for {user.username} until {until}, shown only now: {url}")
