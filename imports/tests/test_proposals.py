"""What is proposed: tables for the engine, and how true its confidences are."""

import pytest

from bench import rules
from imports.proposals import Count, Facts, Written, band, propose

TALKS, KITCHEN, MUSIC = 1, 2, 3
ALL = [TALKS, KITCHEN, MUSIC]
LAB = Facts(
    title="A lens",
    channel_id="UC1",
    uploader="Materials Lab",
    platform="YouTube",
    media_kind="video",
    duration_s=900,
    tags=("Optics", "optics", "glass"),
)


def channel(library: int, yes: int, no: int = 0) -> Count:
    return Count(("channel_id", "UC1"), library, yes, no, rule=f"rule-{library}")


def test_features_go_from_the_general_to_the_particular_and_tags_count_once() -> None:
    assert LAB.features() == (
        ("media_kind", "video"),
        ("band", "medium"),
        ("platform", "youtube"),
        ("tag", "optics"),
        ("tag", "glass"),
        ("channel_id", "UC1"),
    )
    assert Facts(uploader="Nadia").features() == (("uploader", "Nadia"),)
    assert Facts().features() == ()


@pytest.mark.parametrize(
    ("seconds", "name"),
    [(None, ""), (0, ""), (239.9, "short"), (240, "medium"), (1199.9, "medium"), (1200, "long")],
)
def test_lengths_fall_into_three_bands(seconds: float | None, name: str) -> None:
    assert band(seconds) == name


@pytest.mark.parametrize(
    ("counts", "first", "low", "high"),
    [
        ([], TALKS, 0.2, 0.3),
        ([channel(TALKS, 1)], TALKS, 0.7, 0.9),
        ([channel(TALKS, 9), channel(KITCHEN, 1)], TALKS, 0.8, 0.92),
        ([channel(KITCHEN, 40)], KITCHEN, 0.97, 1.0),
        ([channel(TALKS, 3, 1), channel(KITCHEN, 1)], TALKS, 0.5, 0.69),
        ([channel(TALKS, 0, 4)], TALKS, 0.0, 0.1),
        ([channel(TALKS, 5), channel(KITCHEN, 5)], TALKS, 0.45, 0.55),
        ([channel(9, 20)], TALKS, 0.0, 0.05),
    ],
    ids=["nothing", "one", "nine-of-ten", "forty", "undone", "only-undone", "torn", "unknown"],
)
def test_the_confidence_follows_what_was_decided(
    counts: list[Count], first: int, low: float, high: float
) -> None:
    ranked = propose(LAB, counts, [], ALL)
    assert ranked[0].library == first
    assert low <= ranked[0].confidence <= high
    assert [one.library for one in ranked][1:] == sorted(
        (one.library for one in ranked[1:]),
        key=lambda library: (
            -next(one.confidence for one in ranked if one.library == library),
            ALL.index(library),
        ),
    )
    assert sum(one.confidence for one in ranked) <= 1.001


def test_the_reasons_say_how_many_of_how_many() -> None:
    ranked = propose(LAB, [channel(TALKS, 9), channel(KITCHEN, 1)], [], ALL)
    (reason,) = ranked[0].reasons
    assert (reason.code, reason.value, reason.yes, reason.of) == ("channel", "Materials Lab", 9, 10)
    assert ranked[0].rules == ("rule-1",)
    assert ranked[2].reasons[0].code == "nothing"


def test_a_channel_says_more_than_its_site() -> None:
    site = [Count(("platform", "youtube"), KITCHEN, 50)]
    assert propose(LAB, site, [], ALL)[0].library == KITCHEN
    assert propose(LAB, [*site, channel(TALKS, 6)], [], ALL)[0].library == TALKS


def test_folder_and_tags_come_from_the_rule_of_the_channel() -> None:
    rule = Count(("channel_id", "UC1"), TALKS, 3, subfolder="Lab", tags=("science",))
    first = propose(LAB, [rule], [], ALL)[0]
    assert (first.subfolder, first.tags) == ("Lab", ("science",))


def test_a_written_rule_outranks_what_was_learned() -> None:
    mine = Written("mine", KITCHEN, rank=1)
    first, *others = propose(LAB, [channel(TALKS, 50)], [mine], ALL)
    assert (first.library, first.confidence, first.rules) == (KITCHEN, 0.97, ("mine",))
    assert first.reasons[0].code == "written"
    assert sum(one.confidence for one in others) <= 0.031
    exact = Written("exact", MUSIC, rank=2)
    assert propose(LAB, [], [mine, exact], ALL)[0].library == MUSIC


def test_two_written_rules_of_one_rank_leave_it_to_a_person() -> None:
    ranked = propose(LAB, [], [Written("a", KITCHEN, 1), Written("b", TALKS, 1)], ALL)
    assert [one.confidence for one in ranked[:2]] == [0.5, 0.5]


def test_the_only_library_is_taken_and_without_any_nothing_is_proposed() -> None:
    (only,) = propose(LAB, [], [], [TALKS], only=TALKS)
    assert (only.library, only.confidence, only.reasons[0].code) == (TALKS, 0.95, "only")
    assert propose(LAB, [channel(TALKS, 5)], [], []) == []


def test_stated_confidences_come_true_on_a_generated_history() -> None:
    report = rules.report(items=400)
    everything = report["all"]
    assert isinstance(everything, dict)
    assert everything["accuracy"] > 0.65
    assert everything["accuracy_filed"] > 0.8
    assert everything["coverage"] > 0.4
    assert everything["expected_calibration_error"] < 0.1
    assert everything["brier"] < 0.2
    assert rules.report(items=50)["all"] == rules.report(items=50)["all"]
