"""`manage.py verify_ledger`: are all facts still as they were written?"""

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from videorama.ledger import chain


def anchor(given: str) -> tuple[int, str]:
    """`COUNT:HASH` as this command printed it earlier."""
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", given)
    if found is None or found.group(1).strip("0") == "":
        raise ArgumentTypeError("an anchor looks like 120:<64 hexadecimal digits>")
    return int(found.group(1)), found.group(2)


class Command(BaseCommand):
    """Walks the chain of hashes from the first fact to the last.

    Somebody who may write to the database could write the whole chain anew. Against that, keep a
    printed anchor somewhere else and give it with --anchor.
    """

    help = "Checks that no fact of the ledger was changed, removed or put in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor",
            type=anchor,
            metavar="COUNT:HASH",
            help="What this command printed earlier; the ledger must still begin that way.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 1 names the first fact that is not as it was written."""
        state = chain.walk(anchor=options["anchor"])
        if state.problem:
            raise CommandError(state.problem)
        self.stdout.write(f"All {state.count} facts are as they were written.")
        self.stdout.write(f"Anchor: {state.count}:{state.hash}")
