#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from videorama.env import BadSetting

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videorama.settings")
    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(2)
