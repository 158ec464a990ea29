"""Every bench, each in a process of its own: a table on stderr, one JSON on stdout.

make bench                          all of them
make bench ARGS="imports starting"  these
make bench ROUNDS=9                 more turns of ours and the bare tool
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from bench import machine, report

_HERE = Path(__file__).resolve().parent
_LONGEST_S = 3600


def names() -> list[str]:
    """The benches there are, each a module with `measure`."""
    return sorted(
        path.stem for path in _HERE.glob("*.py") if "\ndef measure(" in path.read_text("utf-8")
    )


def measured(name: str, rounds: int, size: str) -> dict[str, Any]:
    """What one bench answers; `error` instead of rows when it fails, so that the others count."""
    before, began = machine.load(), perf_counter()
    with tempfile.TemporaryDirectory(prefix="videorama-bench-") as data:
        # PostgreSQL runs under another account where we are root.
        Path(data).chmod(0o755)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "bench.alone", name, str(rounds), size],
                cwd=_HERE.parent,
                env=_environment(Path(data)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=_LONGEST_S,
                check=True,
            )
            found: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.SubprocessError, ValueError) as error:
            found = {"rows": [], "facts": {}, "error": f"{type(error).__name__}: {error}"}
    return {"load_before": before, "seconds": round(perf_counter() - began, 1), **found}


def _environment(data: Path) -> dict[str, str]:
    """Nothing of the surroundings reaches Videorama's settings; data lies in a folder that goes."""
    foreign = ("VIDEORAMA_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "VIDEORAMA_DATA": str(data / "data"),
        "DJANGO_SETTINGS_MODULE": "videorama.settings",
        "TMPDIR": str(data),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--rounds", type=int, default=5, help="turns of ours and the bare tool")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to see that it works")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no bench is called {', '.join(unknown)}; there are {', '.join(names())}")
    return options


def main() -> int:
    """Runs what was asked for; the exit code tells whether every bench ran, not how it did."""
    options = _options()
    size = "small" if options.small else "full"
    run = {"machine": machine.description(), "rounds": options.rounds, "size": size}
    benches: dict[str, dict[str, Any]] = {}
    for name in options.names or names():
        sys.stderr.write(f"{name} …\n")
        found = benches[name] = measured(name, options.rounds, size)
        sys.stderr.write(f"{name}: {found['seconds']} s{_note(found)}\n")
    rows = [row for found in benches.values() for row in found["rows"]]
    sys.stderr.write(f"\n{report.table(rows)}\n")
    json.dump({**run, "benches": benches}, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
    return 1 if any("error" in found for found in benches.values()) else 0


def _note(found: dict[str, Any]) -> str:
    busy = found["load_before"]["busy_share"]
    note = f", others used {busy:.0%} of the machine before" if busy > 0.1 else ""
    return f"{note}, FAILED: {found['error']}" if "error" in found else note


if __name__ == "__main__":
    sys.exit(main())
