"""What every bench answers: figures of ours beside those of the bare tool, taken in the same run.

A bench is a module of this package with

    def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
        return document([compare(...), limit(...)], facts={...})

`rounds` is how often ours and the bare tool take turns; `is_small` asks for sizes so tiny that the
suite can run it. Figures of one round lie next to each other: the ratio is taken within each round
and the median of the ratios is shown, so that a busy moment spoils one round and not the figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What a figure is held to: the ratio to the bare tool, or ours alone when `of` is "ours".

    `allowance` is taken off ours first: `Goal(at_most=1.1, allowance=1)` is "1.10 plus 1 s".
    """

    at_most: float | None = None
    at_least: float | None = None
    allowance: float = 0.0
    of: str = "ratio"

    def is_met(self, judged: float) -> bool:
        """The figure keeps both ends."""
        is_low = self.at_most is None or judged <= self.at_most
        return is_low and (self.at_least is None or judged >= self.at_least)

    def words(self, unit: str) -> str:
        """`<= 1.10 + 1 s`"""
        own = f" {unit}" if self.of == "ours" and unit else ""
        ends = [
            f"{sign} {_plain(value)}{own}"
            for sign, value in (("<=", self.at_most), (">=", self.at_least))
            if value is not None
        ]
        allowed = f" + {_plain(self.allowance)} {unit}" if self.allowance else ""
        return " and ".join(ends) + allowed


@dataclass(frozen=True)
class Row:
    """One line of the table. `bare` is None where nothing comparable exists without us."""

    name: str
    ours: float
    unit: str
    tool: str = ""
    bare: float | None = None
    ratio: float | None = None
    judged: float | None = None
    goal: str = ""
    is_met: bool | None = None
    ours_each: tuple[float, ...] = ()
    bare_each: tuple[float, ...] = ()


def compare(
    name: str,
    *,
    ours: Sequence[float],
    bare: Sequence[float],
    unit: str,
    tool: str,
    goal: Goal | None = None,
) -> Row:
    """Ours beside the bare tool; the two sequences are the rounds, in order."""
    if len(ours) != len(bare) or not ours:
        raise ValueError(f"{name}: {len(ours)} rounds of ours, {len(bare)} of the bare tool")
    allowance = goal.allowance if goal else 0.0
    judged = median((one - allowance) / other for one, other in zip(ours, bare, strict=True))
    ratio = median(one / other for one, other in zip(ours, bare, strict=True))
    return Row(
        name=name,
        ours=median(ours),
        unit=unit,
        tool=tool,
        bare=median(bare),
        ratio=ratio,
        judged=judged if goal else None,
        goal=goal.words(unit) if goal else "",
        is_met=goal.is_met(judged) if goal else None,
        ours_each=tuple(ours),
        bare_each=tuple(bare),
    )


def limit(name: str, *, ours: Sequence[float], unit: str, goal: Goal | None = None) -> Row:
    """A figure that stands for itself, such as memory; the median of the rounds is judged."""
    middle = median(ours)
    own = Goal(goal.at_most, goal.at_least, goal.allowance, of="ours") if goal else None
    return Row(
        name=name,
        ours=middle,
        unit=unit,
        judged=middle - own.allowance if own else None,
        goal=own.words(unit) if own else "",
        is_met=own.is_met(middle - own.allowance) if own else None,
        ours_each=tuple(ours),
    )


def document(rows: Sequence[Row], facts: Mapping[str, Any] | None = None) -> dict[str, object]:
    """What `measure` answers; `facts` is whatever else is worth keeping, as JSON values."""
    return {"rows": [asdict(row) for row in rows], "facts": dict(facts or {})}


HEAD = ("what", "ours", "bare tool", "ratio", "goal", "met")


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One row of a document as the words of the table, in the order of HEAD."""
    unit = row["unit"]
    bare = "" if row["bare"] is None else f"{_figure(row['bare'])} {unit} ({row['tool']})"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    met = "" if row["is_met"] is None else ("yes" if row["is_met"] else "NO")
    return (row["name"], f"{_figure(row['ours'])} {unit}", bare, ratio, row["goal"], met)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as plain text with aligned columns."""
    lines = [HEAD, *(cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _figure(value: float) -> str:
    """Three digits that say something; large numbers whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _plain(value: float) -> str:
    return f"{value:.2f}" if value < 10 and value != int(value) else f"{value:g}"
