"""The path template language and names on disk."""

import pytest

from library.errors import BadTemplate
from library.paths import DEFAULT_TEMPLATE, VARIABLES, check_template, fitted, place, safe_name

MUSIC = "{artist}/{album}/{track_number:02d} - {title}.{ext}"
SERIES = "{show_title}/S{season:02d}/E{episode:02d} {episode_title}.{ext}"


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        (DEFAULT_TEMPLATE, {"uploader": "Ann", "title": "A day"}, "Ann/A day.mp4"),
        (DEFAULT_TEMPLATE, {"title": "A day"}, "A day.mp4"),
        (
            MUSIC,
            {"artist": "Echo", "album": "First", "track_number": "3", "title": "Song"},
            "Echo/First/03 - Song.mp4",
        ),
        (MUSIC, {"artist": "Echo", "track_number": "3/12", "title": "Song"}, "Echo/03 - Song.mp4"),
        (MUSIC, {"artist": "Echo", "title": "Song"}, "Echo/Song.mp4"),
        (MUSIC, {"title": "Song"}, "Song.mp4"),
        (MUSIC, {}, "untitled.mp4"),
        (SERIES, {"show_title": "Night", "season": "1", "episode": "12"}, "Night/S01/E12.mp4"),
        (SERIES, {"show_title": "Night", "episode_title": "End"}, "Night/E End.mp4"),
        (
            "{year}/{month:02d}/{title}",
            {"year": "2024", "month": "3", "title": "x"},
            "2024/03/x.mp4",
        ),
        ("{title}", {"title": "no ending"}, "no ending.mp4"),
        ("all/{title}.{ext}", {"title": "x"}, "all/x.mp4"),
        ("{artist}/{title}.{ext}", {"artist": "AC/DC", "title": "x"}, "AC DC/x.mp4"),
        ("{title}.{ext}", {"title": "../../x"}, "x.mp4"),
        ("{uploader}/{title}.{ext}", {"uploader": "..", "title": "../.."}, "untitled.mp4"),
        ("{title}.{ext}", {"title": "/etc/passwd"}, "etc passwd.mp4"),
        ("{title}.{ext}", {"title": ".hidden"}, "hidden.mp4"),
        ("{title}.{ext}", {"title": 'a<b>c:d"e|f?g*h'}, "abcdefgh.mp4"),
        ("{title}.{ext}", {"title": "nul\0 and \x1b bell\x07"}, "nul and bell.mp4"),
        ("{title}.{ext}", {"title": "{uploader} {title}"}, "{uploader} {title}.mp4"),
        ("{title}.{ext}", {"title": "CON"}, "_CON.mp4"),
        ("{title}.{ext}", {"title": "back\\slash"}, "back slash.mp4"),
        ("{title}.{ext}", {"title": "\u202egpj.exe\u200f"}, "gpj.exe.mp4"),
        ("{title}.{ext}", {"title": "Grüße 🎬 日本"}, "Grüße 🎬 日本.mp4"),
        ("{title}.{ext}", {"title": "u\u0308ber"}, "über.mp4"),
        ("{title}.{ext}", {"title": "\ud800lone"}, "lone.mp4"),
        ("{title}.{ext}", {"title": "..."}, "untitled.mp4"),
    ],
)
def test_templates_are_filled(template: str, values: dict[str, str], expected: str) -> None:
    assert place(check_template(template), values, ext="mp4").numbered("") == expected


@pytest.mark.parametrize(
    "template",
    [
        "",
        "   ",
        "{nothing}/{title}",
        "{title:02d}",
        "{track_number:2.1f}",
        "{title!r}",
        "{title.__class__}",
        "{title[0]}",
        "{}",
        "{title",
        "title}",
        "{{title}}",
        "/{title}",
        "../{title}",
        "{title}/..",
        "a/./{title}",
        "a//{title}",
        "{title}/",
        "a\\{title}",
        "a\0{title}",
        "a\n{title}",
        "a/" * 11 + "{title}",
        "x" * 301,
    ],
)
def test_bad_templates_are_refused(template: str) -> None:
    with pytest.raises(BadTemplate) as refusal:
        check_template(template)
    assert refusal.value.status == 422
    assert refusal.value.message


def test_every_variable_may_be_used() -> None:
    for name in VARIABLES:
        check_template(f"{{{name}}}")


@pytest.mark.parametrize("title", ["a" * 300, "é" * 300, "🎬" * 300, "日本語" * 100, "a." * 200])
def test_long_names_fit_every_file_system(title: str) -> None:
    made = place("{uploader}/{title}.{ext}", {"title": title, "uploader": title}, ext="mp4")
    name = made.numbered("-4f0a7c4e-7b7e-4b67-9d2d-0123456789ab").split("/")[-1]
    assert len(made.stem) <= 120
    assert len(name.encode()) <= 255
    assert len(made.folders[0].encode()) <= 255


def test_numbers_tell_equal_names_apart() -> None:
    assert place("{title}", {"title": "x"}, ext="mp4").numbered("-1") == "x-1.mp4"


def test_outer_folders_are_dropped_when_a_path_grows_too_long() -> None:
    deep = place("/".join(["{title}"] * 10), {"title": "a" * 120}, ext="mp4")
    assert len("f" * 500 + "/" + fitted(deep, below="f" * 500).numbered("-" + "u" * 36)) <= 1000


def test_an_ending_is_only_letters_and_figures() -> None:
    assert place("{title}", {"title": "x"}, ext="../Mp4").ext == "mp4"
    assert place("{title}", {"title": "x"}, ext="").ext == "bin"


def test_a_name_may_be_empty_when_nothing_usable_is_left() -> None:
    assert safe_name(" .\0/?* ") == ""
