"""Makes an API token from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from videorama.accounts import services
from videorama.accounts.models import User
from videorama.errors import AppError


class Command(BaseCommand):
    """Prints the token as the last word, so that scripts can cut it off."""

    help = "Makes an API token for a user and prints it as the last word."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="username")
        parser.add_argument("--name", required=True, help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user named {options['user']}.")
        if not user.is_active:
            raise CommandError(f"The user {user.username} is not active.")
        try:
            token, text = services.create_token(user=user, name=options["name"])
        except AppError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Token {token.name} of {user.username}, shown only now: {text}")
