"""One bench in a process of its own: `python -m bench.alone NAME ROUNDS full|small`.

Its answer is the only thing on stdout, whatever libraries and children print.
"""

import json
import os
import sys
from importlib import import_module

import django


def main() -> None:
    """Measures and writes the document as JSON."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    name, rounds, size = sys.argv[1:]
    django.setup()  # benches may import models
    found = import_module(f"bench.{name}").measure(rounds=int(rounds), is_small=size == "small")
    with answer:
        json.dump(found, answer)


if __name__ == "__main__":
    main()
