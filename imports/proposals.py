"""Where a new item belongs: libraries ranked by what was decided before, with reasons.

Pure: facts of the item, counts of past decisions and written rules are in, a ranking is out. The
confidence of a library is the share of like items that went there. Like items are looked for from
the general to the particular (kind, length, platform, tags, channel); what the general ones say is
the expectation of the next step, worth a fixed number of decisions, so few decisions about a
channel move it a little and many decide it (a chain of Dirichlet priors). `bench/rules.py`
measures how often a stated confidence comes true.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# How sure a rule is that a person wrote, and a library that has no rival.
WRITTEN_CONFIDENCE = 0.97
ONLY_CONFIDENCE = 0.95
# Two written rules of equal rank that name different libraries.
DISPUTED_CONFIDENCE = 0.5
# What the step before is worth, in decisions, when the next one is looked at.
LEVELS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("media_kind",), 3.0),
    (("band",), 6.0),
    (("platform",), 4.0),
    (("tag",), 1.0),
    (("uploader", "channel_id"), 0.3),
)
TAG_SHARPNESS = 2.0
FAINT = 0.05
MAX_TAGS = 10
MAX_REASONS = 3
SHORT_S, LONG_S = 4 * 60, 20 * 60
# So many levels always come in their order.
GENERAL = 3

type Level = tuple[float, dict[int, float], float]


@dataclass(frozen=True)
class Facts:
    """What is known of an item before anybody decides where it goes."""

    title: str = ""
    channel_id: str = ""
    uploader: str = ""
    platform: str = ""
    media_kind: str = ""
    duration_s: float | None = None
    tags: tuple[str, ...] = ()

    def features(self) -> tuple[tuple[str, str], ...]:
        """What past decisions are counted by: (column of a rule, value), the general ones first."""
        who = ("channel_id", self.channel_id) if self.channel_id else ("uploader", self.uploader)
        tags = dict.fromkeys(tag.casefold()[:100] for tag in self.tags)
        found = (
            ("media_kind", self.media_kind),
            ("band", band(self.duration_s)),
            ("platform", self.platform.casefold()[:100]),
            *(("tag", tag) for tag in list(tags)[:MAX_TAGS]),
            (who[0], who[1][:300]),
        )
        return tuple((name, value) for name, value in found if value)


@dataclass(frozen=True)
class Count:
    """How often items with this feature went to this library, and were taken out of it again."""

    feature: tuple[str, str]
    library: int
    yes: int
    no: int = 0
    rule: str = ""
    subfolder: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A rule somebody wrote that fits the item; `rank` is how many conditions it has."""

    rule: str
    library: int
    rank: int
    subfolder: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why a library is proposed. `code` names a sentence of imports.reasons."""

    code: str
    value: str = ""
    yes: int = 0
    of: int = 0


@dataclass(frozen=True)
class Suggestion:
    """A library, how likely it is, why, and which rules say so."""

    library: int
    confidence: float
    reasons: tuple[Reason, ...] = ()
    rules: tuple[str, ...] = ()
    subfolder: str = ""
    tags: tuple[str, ...] = field(default=())


def band(duration_s: float | None) -> str:
    """short, medium or long; empty when the length is not known."""
    if not duration_s:
        return ""
    return "short" if duration_s < SHORT_S else "long" if duration_s >= LONG_S else "medium"


def propose(
    facts: Facts,
    counts: Iterable[Count],
    written: Sequence[Written],
    candidates: Sequence[int],
    *,
    only: int | None = None,
) -> list[Suggestion]:
    """The candidates, the likeliest first. `only` is the one library there is to file into.

    Counts and rules of libraries that are no candidates say only that the item may go elsewhere.
    """
    known = list(counts)
    if not candidates:
        return []
    if only is not None and not any(rule.library == only for rule in written):
        return [Suggestion(only, ONLY_CONFIDENCE, (Reason("only"),))]
    shares = _shares(facts, known, candidates)
    found = [_suggestion(one, shares[one], facts, known) for one in candidates]
    ranked = sorted(found, key=lambda one: (-one.confidence, candidates.index(one.library)))
    return _with_written(ranked, [rule for rule in written if rule.library in shares])


def _shares(facts: Facts, counts: Sequence[Count], candidates: Sequence[int]) -> dict[int, float]:
    """The expected share of each candidate among items like this one."""
    # One more place than there are libraries: the one nobody made yet.
    share = dict.fromkeys(candidates, 1 / (len(candidates) + 1))
    levels = list(_levels(facts, counts, candidates))
    # What it is about and who made it are equals: of these the clearer one has the last word.
    ordered = [*levels[:GENERAL], *sorted(levels[GENERAL:], key=_sharpness)]
    for worth, went, total in filter(None, ordered):
        share = {one: (went[one] + worth * share[one]) / (total + worth) for one in candidates}
    return share


def _levels(
    facts: Facts, counts: Sequence[Count], candidates: Sequence[int]
) -> Iterable[Level | None]:
    """What each step knows: its worth, decisions per candidate, and all decisions; None nothing."""
    features = facts.features()
    for names, worth in LEVELS:
        went, total, weights = dict.fromkeys(candidates, 0.0), 0.0, 0.0
        for feature in (one for one in features if one[0] in names):
            here = [count for count in counts if count.feature == feature]
            yes = {one: sum(c.yes for c in here if c.library == one) for one in candidates}
            number = sum(count.yes + count.no for count in here)
            if not number:
                continue
            # Several tags of one item come from the same decisions: their mean, in which those that
            # mostly go one way speak louder.
            weight = max(FAINT, (max(yes.values()) / number) ** TAG_SHARPNESS)
            went = {one: went[one] + weight * yes[one] for one in candidates}
            total, weights = total + weight * number, weights + weight
        shares = {one: went[one] / weights for one in candidates} if weights else {}
        yield (worth, shares, total / weights) if weights else None


def _sharpness(level: Level | None) -> float:
    """How far the step goes one way."""
    if level is None:
        return 0.0
    worth, went, total = level
    return max(went.values()) / (total + worth + 1)


def _suggestion(library: int, share: float, facts: Facts, counts: Sequence[Count]) -> Suggestion:
    """One candidate with what speaks for it, the particular first."""
    order = {feature: at for at, feature in enumerate(facts.features())}
    total: dict[tuple[str, str], int] = {}
    for count in counts:
        if count.feature in order:
            total[count.feature] = total.get(count.feature, 0) + count.yes + count.no
    own = sorted(
        (one for one in counts if one.library == library and one.yes and one.feature in order),
        key=lambda one: -order[one.feature],
    )
    reasons = tuple(
        Reason(
            one.feature[0] if one.feature[0] != "channel_id" else "channel",
            facts.uploader or one.feature[1] if one.feature[0] == "channel_id" else one.feature[1],
            one.yes,
            total[one.feature],
        )
        for one in own[:MAX_REASONS]
    )
    particular = [one for one in own if one.feature[0] in {"channel_id", "uploader"}]
    return Suggestion(
        library,
        round(share, 4),
        reasons or (Reason("nothing"),),
        tuple(one.rule for one in own[:MAX_REASONS] if one.rule),
        next((one.subfolder for one in particular), ""),
        next((one.tags for one in particular), ()),
    )


def _with_written(ranked: list[Suggestion], written: Sequence[Written]) -> list[Suggestion]:
    """A written rule outranks what was learned; of several the one with the most conditions."""
    if not written:
        return ranked
    top = max(rule.rank for rule in written)
    first = [rule for rule in written if rule.rank == top]
    libraries = list(dict.fromkeys(rule.library for rule in first))
    sure = WRITTEN_CONFIDENCE if len(libraries) == 1 else DISPUTED_CONFIDENCE
    ahead = []
    for library in libraries:
        mine = [rule for rule in first if rule.library == library]
        ahead.append(
            Suggestion(
                library,
                sure,
                (Reason("written"),),
                tuple(rule.rule for rule in mine),
                next((rule.subfolder for rule in mine if rule.subfolder), ""),
                tuple(dict.fromkeys(tag for rule in mine for tag in rule.tags)),
            )
        )
    rest = [one for one in ranked if one.library not in libraries]
    # What is left for the others is what the rule leaves open.
    left = max(0.0, 1 - sure * len(libraries))
    total = sum(one.confidence for one in rest) or 1.0
    return ahead + [
        Suggestion(
            one.library,
            round(min(one.confidence, left * one.confidence / total), 4),
            one.reasons,
            one.rules,
            one.subfolder,
            one.tags,
        )
        for one in rest
    ]
