"""`manage.py rotate_secrets`: stored secrets under the present key, so that old keys can go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from videorama.preferences import services


class Command(BaseCommand):
    """Runs with the new key in VIDEORAMA_SECRET_KEY and the former in VIDEORAMA_SECRET_KEY_OLD."""

    help = "Writes every stored secret anew under VIDEORAMA_SECRET_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fails when a secret cannot be read with any known key, after writing the others."""
        number, lost = services.rotate()
        self.stdout.write(f"Secrets written under the present key: {number}")
        if lost:
            raise CommandError(f"Cannot be read and have to be entered again: {', '.join(lost)}.")
