"""How good the proposals of the inbox are: a seeded history is filed item by item.

    make bench ARGS=rules

Each archetype is a way in which people keep their media. An item is proposed from what was learned
so far; where the confidence reaches the threshold it is filed, and a wrong filing is undone and put
right, else a person decides. So what is measured is what a user would see, from the first item on.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

from bench.report import Goal, document, limit
from imports.proposals import Count, Facts, propose

THRESHOLD = 0.7
SEED = 20_261_121
LIBRARIES = 6
TOPICS = ("talks", "kitchen", "music", "nature", "cities", "family")


@dataclass(frozen=True)
class Channel:
    """A source with a home library and habits of its own."""

    name: str
    platform: str
    kind: str
    topic: int
    home: int


@dataclass(frozen=True)
class Outcome:
    """One item: how sure the first proposal was, and whether it was right."""

    confidence: float
    right: bool


class Memory:
    """Counts as `imports.learning` keeps them, in memory."""

    def __init__(self) -> None:
        self.cells: dict[tuple[tuple[str, str], int], list[int]] = {}

    def add(self, facts: Facts, library: int, *, yes: int = 0, no: int = 0) -> None:
        """One decision."""
        for feature in facts.features():
            cell = self.cells.setdefault((feature, library), [0, 0])
            cell[0] += yes
            cell[1] += no

    def of(self, facts: Facts) -> list[Count]:
        """The counts that concern an item."""
        wanted = set(facts.features())
        return [
            Count(feature, library, cell[0], cell[1])
            for (feature, library), cell in self.cells.items()
            if feature in wanted
        ]


def by_channel(rng: random.Random, channel: Channel, topic: int) -> int:
    """Everything of a channel goes to one library."""
    return channel.home


def by_topic(rng: random.Random, channel: Channel, topic: int) -> int:
    """The subject decides, whoever made it."""
    return topic


def by_kind(rng: random.Random, channel: Channel, topic: int) -> int:
    """Audio in one library, the rest by channel."""
    return 2 if channel.kind == "audio" else channel.home


def torn(rng: random.Random, channel: Channel, topic: int) -> int:
    """Mostly by channel, but the subject wins every third time."""
    return topic if rng.random() < 1 / 3 else channel.home


ARCHETYPES: dict[str, tuple[Callable[[random.Random, Channel, int], int], float]] = {
    "by_channel": (by_channel, 0.05),
    "by_topic": (by_topic, 0.05),
    "by_kind": (by_kind, 0.05),
    "torn": (torn, 0.05),
    "careless": (by_channel, 0.2),
}


def history(name: str, items: int, rng: random.Random) -> Iterator[tuple[Facts, int]]:
    """Items with the library they belong to."""
    decide, noise = ARCHETYPES[name]
    channels = [_channel(rng, number) for number in range(max(8, items // 12))]
    # A few channels make most of it, as everywhere.
    weights = [1 / (number + 1) ** 0.8 for number in range(len(channels))]
    for _number in range(items):
        channel = rng.choices(channels, weights)[0]
        topic = channel.topic if rng.random() < 0.75 else rng.randrange(LIBRARIES)
        truth = decide(rng, channel, topic)
        if rng.random() < noise:
            truth = rng.randrange(LIBRARIES)
        yield _facts(rng, channel, topic), truth


def _channel(rng: random.Random, number: int) -> Channel:
    topic = rng.randrange(LIBRARIES)
    home = topic if rng.random() < 0.6 else rng.randrange(LIBRARIES)
    kind = "audio" if topic == 2 and rng.random() < 0.7 else "video"
    platform = rng.choices(["Big", "Small", "Podcasts", "Bare"], [6, 2, 2, 1])[0]
    return Channel(f"channel {number}", platform, kind, topic, home)


def _facts(rng: random.Random, channel: Channel, topic: int) -> Facts:
    words = [
        f"{TOPICS[topic]} {rng.randrange(4)}",
        TOPICS[topic],
        rng.choice(["hd", "new", "2026"]),
    ]
    known = rng.random() > 0.1
    return Facts(
        title=f"Something about {TOPICS[topic]}",
        channel_id=channel.name if known else "",
        uploader=channel.name if known else "",
        platform=channel.platform,
        media_kind=channel.kind,
        duration_s=math.exp(rng.gauss(6.2 if topic != 2 else 5.4, 0.8)),
        tags=tuple(rng.sample(words, rng.randrange(0, 4))),
    )


def play(name: str, items: int, seed: int) -> list[Outcome]:
    """Files one history from the first item on."""
    rng = random.Random(f"{seed} {name}")
    memory, found = Memory(), []
    candidates = list(range(LIBRARIES))
    for facts, truth in history(name, items, rng):
        first = propose(facts, memory.of(facts), [], candidates)[0]
        right = first.library == truth
        found.append(Outcome(first.confidence, right))
        memory.add(facts, truth, yes=1)
        if first.confidence >= THRESHOLD and not right:
            memory.add(facts, first.library, no=1)
    return found


def measures(outcomes: list[Outcome]) -> dict[str, float]:
    """Accuracy, what was filed by itself and how well, and how true the confidences were."""
    filed = [one for one in outcomes if one.confidence >= THRESHOLD]
    number = len(outcomes)
    return {
        "items": number,
        "accuracy": round(_share(outcomes), 4),
        "coverage": round(len(filed) / number, 4),
        "accuracy_filed": round(_share(filed), 4),
        "expected_calibration_error": round(calibration_error(outcomes), 4),
        "brier": round(sum((one.confidence - one.right) ** 2 for one in outcomes) / number, 4),
    }


def calibration_error(outcomes: list[Outcome], bins: int = 10) -> float:
    """The mean distance between stated confidence and share of right ones, over ten bins."""
    shelves: list[list[Outcome]] = [[] for _bin in range(bins)]
    for one in outcomes:
        shelves[min(bins - 1, int(one.confidence * bins))].append(one)
    return sum(
        abs(sum(one.confidence for one in shelf) / len(shelf) - _share(shelf)) * len(shelf)
        for shelf in shelves
        if shelf
    ) / len(outcomes)


def _share(outcomes: list[Outcome]) -> float:
    return sum(one.right for one in outcomes) / max(1, len(outcomes))


def report(items: int = 2_000, seed: int = SEED) -> dict[str, object]:
    """Every archetype, and all of them together."""
    began = perf_counter()
    played = {name: play(name, items, seed) for name in ARCHETYPES}
    everything = [one for outcomes in played.values() for one in outcomes]
    return {
        "bench": "rules",
        "seed": seed,
        "threshold": THRESHOLD,
        "archetypes": {name: measures(outcomes) for name, outcomes in played.items()},
        "all": measures(everything),
        "seconds": round(perf_counter() - began, 2),
    }


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """The shape of every bench; chance is seeded, so one round says all."""
    found = report(items=50 if is_small else 2_000)
    every: dict[str, float] = found["all"]  # type: ignore[assignment]
    rows = [
        limit("proposals that are right", ours=[every["accuracy"]], unit="share"),
        limit("filed without a person", ours=[every["coverage"]], unit="share"),
        limit(
            "right of those filed",
            ours=[every["accuracy_filed"]],
            unit="share",
            goal=Goal(at_least=THRESHOLD),
        ),
        limit("calibration error", ours=[every["expected_calibration_error"]], unit="share"),
    ]
    return document(rows, facts=found)
