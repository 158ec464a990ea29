"""The texts of the interface: found in code and templates, kept in locale/, compiled beside it.

Run as a program (`make messages`) it brings every catalogue up to date: new texts come in empty,
texts that are gone go out, nothing is guessed. It needs no gettext on the machine, and the
compiled catalogues are committed, so running Videorama needs none either.
"""

import ast
import io
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent.parent
LOCALE = ROOT / "locale"
# English is what the sources are written in.
LANGUAGES = ("es", "de")
FUNCTIONS = ("_", "gettext", "ngettext", "pgettext", "npgettext")
KEYWORDS = (*FUNCTIONS, *(f"{name}_lazy" for name in FUNCTIONS[1:]), "gettext_noop")
# In a template that Django has made into calls.
CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(")

HEADER = {
    "project": "Videorama",
    "version": "1",
    "header_comment": "# The texts of the interface; `make messages` keeps them complete.",
    "msgid_bugs_address": "Videorama",
    "last_translator": "Videorama",
    "language_team": "Videorama",
}

type Text = tuple[str, str | tuple[str, str], str]


def sources() -> Iterator[Path]:
    """Every file that may speak: rooms without tests and migrations, and templates."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for package in project["tool"]["importlinter"]["root_packages"]:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield path
    templates = (ROOT / "templates").rglob("*")
    yield from sorted(path for path in templates if path.suffix in {".html", ".txt"})


def texts(path: Path) -> Iterator[Text]:
    """What a file says: context, text (one and many for a plural), and what it is called in."""
    if path.suffix == ".py":
        with path.open("rb") as source:
            for _line, name, said, _comments in extract_python(source, KEYWORDS, (), {}):
                given = said if isinstance(said, tuple) else (said,)
                yield from _named(name.removesuffix("_lazy"), given)
        return
    from django.utils.translation.template import templatize

    calls = templatize(path.read_text("utf-8"))
    for found in CALL.finditer(calls):
        yield from _named(found.group(1), tuple(_arguments(calls, found.end())))


def _arguments(calls: str, start: int) -> Iterator[str]:
    """The literal texts of a call whose bracket opens at `start`."""
    ends = (end for end, letter in enumerate(calls[start:], start) if letter == ")")
    for end in ends:
        try:
            call = ast.parse(f"f({calls[start:end]})", mode="eval").body
        except SyntaxError:
            continue  # A bracket inside a text.
        assert isinstance(call, ast.Call)
        for one in call.args:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
        return


def _named(name: str, given: tuple[str | None, ...]) -> Iterator[Text]:
    said = tuple(one for one in given if isinstance(one, str))
    context = said[0] if name in {"pgettext", "npgettext"} and said else ""
    said = said[1:] if context else said
    if name in {"ngettext", "npgettext"}:
        if len(said) >= 2:
            yield context, (said[0], said[1]), name
    elif said and said[0]:
        yield context, said[0], name


def found() -> Catalog:
    """Everything that is said, with the files it is said in."""
    catalog = Catalog(charset="utf-8")
    for path in sources():
        place = str(path.relative_to(ROOT))
        for context, text, _name in texts(path):
            catalog.add(text, context=context or None, locations=[(place, 1)])
    return catalog


def path_of(language: str, ending: str = "po") -> Path:
    """Where the texts of a language are."""
    return LOCALE / language / "LC_MESSAGES" / f"django.{ending}"


def catalog_of(language: str) -> Catalog:
    """The texts of a language as they are kept."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False, **HEADER)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def compiled(language: str) -> bytes:
    """The catalogue as programs read it."""
    target = io.BytesIO()
    write_mo(target, catalog_of(language))
    return target.getvalue()


def update(language: str) -> tuple[int, int]:
    """Brings one language up to date: how many texts there are, and how many have no words yet."""
    catalog, template = catalog_of(language), found()
    if path_of(language).exists():
        # A date that changes with every run would change the file with every run.
        template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    target = io.BytesIO()
    write_po(target, catalog, width=100, include_lineno=False, sort_by_file=True)
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    path_of(language).write_bytes(target.getvalue())
    path_of(language, "mo").write_bytes(compiled(language))
    told = [message for message in catalog if message.id]
    return len(told), sum(not all(strings(message)) for message in told)


def strings(message: Message) -> tuple[str, ...]:
    """The words of a text: one, or one for each number; empty where nobody has found them."""
    said = message.string or ""
    return (said,) if isinstance(said, str) else tuple(one or "" for one in said)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videorama.settings")
    for one in LANGUAGES:
        number, empty = update(one)
        sys.stdout.write(f"{one}: {number} texts, {empty} without words\n")
