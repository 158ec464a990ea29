"""Does on its data folder what a first start does, in a process of its own.

    python -m videorama.tests.first_start [TOKEN_FILE]

With a file for a token there is an administrator, too, who has it, and static files are collected.
"""

import sys
from pathlib import Path

import django
from django.core.management import call_command


def main() -> None:
    """Makes what is missing."""
    django.setup()
    from videorama import preparing
    from videorama.accounts import services
    from videorama.tests.databases import PASSWORD, USER

    call_command("migrate", verbosity=0)
    if len(sys.argv) > 1:
        user = services.ensure_admin(username=USER, password=PASSWORD)
        Path(sys.argv[1]).write_text(services.create_token(user=user, name="tests")[1])
        preparing.collect_static()


if __name__ == "__main__":
    main()
