"""Writes the figures of a run into docs/PERFORMANCE.md, so that none is typed by hand.

    make -s bench > figures.json && .venv/bin/python -m bench.page figures.json

Only what stands between the two marks is replaced; the words around it are written by people.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import report

PAGE = Path(__file__).resolve().parent.parent / "docs" / "PERFORMANCE.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
# A bench that began while others used more than this of the machine is called noisy.
_QUIET = 0.15


def rendered(run: dict[str, Any]) -> str:
    """The run as Markdown: the machine, then one table for each bench."""
    return "\n".join([*_machine(run), *_benches(run["benches"])]).strip()


def replaced(text: str, figures: str) -> str:
    """The page with these figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def _machine(run: dict[str, Any]) -> Iterator[str]:
    about = run["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    yield f"Measured {about['date'][:10]} at commit `{about['commit']}`, {run['rounds']} rounds."
    yield ""
    yield f"- Machine: {about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB"
    yield f"- {about['kernel']}, temporary files on {about['file_system']}"
    yield f"- Versions: {versions}"


def _benches(benches: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, found in benches.items():
        busy = found["load_before"]["busy_share"]
        noise = f"; **others used {busy:.0%} of the machine**" if busy > _QUIET else ""
        yield from ("", f"### {name}", "", f"{found['seconds']:.0f} s{noise}.", "")
        if "error" in found:
            yield f"Did not run to its end: `{found['error']}`"
            continue
        yield _line(report.HEAD)
        yield _line(["---"] * len(report.HEAD))
        yield from (_line(report.cells(row)) for row in found["rows"])


def _line(words: Any) -> str:
    return f"| {' | '.join(str(word).replace('|', '/') for word in words)} |"


def main() -> None:
    """Reads the JSON of a run and rewrites the page."""
    run = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    PAGE.write_text(replaced(PAGE.read_text("utf-8"), rendered(run)), "utf-8")


if __name__ == "__main__":
    main()
