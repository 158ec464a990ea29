"""Entries with real files for a program that runs: `seed_child COUNT OWNER`."""

import sys

import django

django.setup()

from library.services.facts import add_tags  # noqa: E402
from library.tests.factories import make_entry, make_library  # noqa: E402
from videorama.accounts.models import User  # noqa: E402

owner = User.objects.get(username=sys.argv[2])
shelf = make_library(slug="coast", name="Coast", owner=owner)
make_library(slug="hills", name="Hills", owner=owner)
for number in range(1, int(sys.argv[1]) + 1):
    entry = make_entry(library=shelf, title=f"Part {number:02}")
    add_tags(entry, ["winter"], source="import")
