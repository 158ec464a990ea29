"""Templates, styles and scripts agree with each other; browsers are asked elsewhere."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static/css").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
# Written by htmx, by scripts, or only a name to find things by.
UNSTYLED = {"importing", "marks"}

COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->", re.S)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _text(path: Path) -> str:
    return COMMENT.sub("", path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_no_tag_of_a_template_is_left_in_the_text(path: Path) -> None:
    markup = TAG.sub("", _text(path))
    assert not re.findall(r".{0,40}(?:{%|%}|{{).{0,40}", markup)
    assert len(re.findall(r"<form\b", markup)) == markup.count("</form>")


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_no_inline_script_style_or_handler(path: Path) -> None:
    markup = TAG.sub("", _text(path))
    scripts = re.findall(r"<script\b[^>]*>", markup)
    inline = [tag for tag in scripts if " src=" not in tag and 'type="importmap"' not in tag]
    assert not inline
    assert "<style" not in markup
    assert not re.search(r"\son[a-z]+\s*=|hx-on|javascript:|js:", markup)


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_trigger_filters_are_not_used_because_they_need_eval(path: Path) -> None:
    triggers = re.findall(r'hx-trigger="([^"]*)"', _text(path))
    assert not [trigger for trigger in triggers if "[" in trigger]


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/img/icons.svg").read_text("utf-8")
    known = set(re.findall(r'<symbol id="i-([a-z0-9-]+)"', sprite))
    used = set()
    for path in TEMPLATES:
        text = _text(path)
        used |= set(re.findall(r'_icon\.html" with name="([^"]+)"', text))
        used |= set(re.findall(r"#i-([a-z0-9-]+)", text))
    assert used <= known
    assert used


def _classes(text: str) -> set[str]:
    """Names in class attributes, those inside template conditions included."""
    found: set[str] = set()
    for value in re.findall(r'class="((?:[^"{]|{%.*?%}|{{.*?}})*)"', text):
        found |= set(TAG.sub(" ", re.sub(r"[\w-]*{{.*?}}[\w-]*", " ", value)).split())
    return found


def test_every_class_that_is_used_is_styled() -> None:
    styled: set[str] = set()
    for path in STYLES:
        sheet = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        styled |= set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", sheet))
    unknown = {
        name: _name(path)
        for path in TEMPLATES
        for name in _classes(_text(path)) - styled - UNSTYLED
    }
    assert not unknown


def test_the_one_sheet_imports_every_other_into_a_layer() -> None:
    folder = ROOT / "static/css"
    entry = (folder / "app.css").read_text("utf-8")
    imported = re.findall(r'@import url\("([^"]+)"\) layer\([a-z]+\);', entry)
    assert sorted(imported) == sorted(
        str(path.relative_to(folder)) for path in STYLES if path.name != "app.css"
    )


def test_no_style_needs_important() -> None:
    assert not [_name(path) for path in STYLES if "!important" in path.read_text("utf-8")]


def test_the_import_map_names_every_module_and_nothing_else() -> None:
    text = (ROOT / "templates/parts/_importmap.html").read_text("utf-8")
    entries = re.findall(r'"videorama/([^"]+)": "{% static \'js/([^\']+)\' %}"', text)
    assert all(name == path for name, path in entries)
    modules = {str(path.relative_to(ROOT / "static/js")) for path in SCRIPTS} - {"app.js"}
    assert {name for name, _ in entries} == modules


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_modules_are_imported_by_their_names_in_the_map(path: Path) -> None:
    imports = re.findall(r"^\s*(?:import|export)\b.*?from '([^']+)'", path.read_text("utf-8"), re.M)
    for name in imports:
        assert name.startswith("videorama/")
        assert (ROOT / "static/js" / name.removeprefix("videorama/")).is_file()


def test_every_sentence_that_a_script_says_is_translated() -> None:
    words = (ROOT / "templates/parts/_words.html").read_text("utf-8")
    known = set(re.findall(r'data-word="([^"]+)"', words))
    asked = set()
    for path in SCRIPTS:
        asked |= set(re.findall(r"\bword\('([^']+)'\)", path.read_text("utf-8")))
    assert asked <= known


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_scripts_stay_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 150
