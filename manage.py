#!/usr/bin/env python
"""Django's command line; a setting that cannot be used ends it with one line."""

import os
import sys

from django.core.management import execute_from_command_line

from videorama.env import BadSetting

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videorama.settings")
    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        sys.exit(str(error))
