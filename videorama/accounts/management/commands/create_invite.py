"""Invites somebody from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from videorama.accounts import services
from videorama.accounts.models import Role
from videorama.errors import AppError


class Command(BaseCommand):
    """Prints the link as the last word, so that scripts can cut it off."""

    help = "Makes an invitation and prints its link, which works once, as the last word."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER)
        parser.add_argument("--label", default="", help="whom it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            invite, text = services.create_invite(
                by=None, role=options["role"], label=options["label"]
            )
        except AppError as error:
            raise CommandError(error.message) from None
        url = settings.PUBLIC_URL + reverse("accounts:invite", args=[text])
        until = f"{invite.expires_at:%Y-%m-%d}"
        self.stdout.write(f"Invitation as {invite.role} until {until}, shown only now: {url}")
