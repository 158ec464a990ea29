"""The rules of the house that a machine can check; ARCHITECTURE.md says why they are there."""

import ast
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from videorama.tests.live import REPOSITORY

FILE_LIMIT, FUNCTION_LIMIT = 400, 60
ROOMS = ("videorama", "library", "imports", "analytics")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
# Places on somebody's machine, and promises to come back later.
_HOMES = re.compile(r"(?<![\w.])/(?:root|home/\w+|Users/\w+)/")
_LATER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")


def _files(*endings: str) -> list[Path]:
    """What belongs to the repository, written or not yet committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    paths = (REPOSITORY / name for name in listed if name.endswith(endings))
    return [path for path in paths if path.is_file()]


PYTHON = [path for path in _files(".py") if "migrations" not in path.parts]


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def _import_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_rooms_import_one_way_and_by_their_front_doors() -> None:
    done = _import_contracts(REPOSITORY)
    assert done.returncode == 0, done.stdout


def test_imports_that_break_the_house_are_caught(tmp_path: Path) -> None:
    planted = {
        "imports/views.py": "from library import files",
        "library/forms.py": "import imports.services",
        "library/views.py": "from videorama.jobs import claims",
        "videorama/pages.py": "from videorama.accounts.throttle import begin",
        "videorama/homeless.py": "",
    }
    for path in PYTHON:
        copy = tmp_path / _name(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(f"{path.read_text('utf-8')}\n{planted.pop(_name(path), '')}\n", "utf-8")
    for name, line in planted.items():
        (tmp_path / name).write_text(f"{line}\n", "utf-8")
    (tmp_path / "pyproject.toml").write_bytes((REPOSITORY / "pyproject.toml").read_bytes())
    said = _import_contracts(tmp_path).stdout
    for told in (
        "imports.views -> library.files",
        "library.forms -> imports.services",
        "library.views -> videorama.jobs.claims",
        "videorama.pages -> videorama.accounts.throttle",
        "homeless",
    ):
        assert told in said


def test_no_python_file_is_longer_than_the_limit() -> None:
    lines = {_name(path): len(path.read_text("utf-8").splitlines()) for path in PYTHON}
    assert {name: count for name, count in lines.items() if count > FILE_LIMIT} == {}


def test_no_function_is_longer_than_the_limit() -> None:
    too_long = {
        f"{_name(path)}:{node.name}": length
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LIMIT
    }
    assert too_long == {}


def test_every_module_is_named_after_its_subject() -> None:
    assert [_name(path) for path in PYTHON if {path.stem, path.parent.name} & NAMELESS] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        _name(path)
        for path in PYTHON
        if (text := path.read_text("utf-8").strip()) and ast.get_docstring(ast.parse(text)) is None
    ]
    assert silent == []


def test_imports_stand_at_the_top_of_the_file() -> None:
    inside = [
        f"{_name(path)}:{statement.lineno}"
        for path in PYTHON
        if path.relative_to(REPOSITORY).parts[0] in ROOMS
        # Django loads apps.py before models may be imported.
        and "tests" not in path.parts
        and path.name != "apps.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in ast.walk(node)
        if isinstance(statement, ast.Import | ast.ImportFrom) and not _is_heavy(statement)
    ]
    assert inside == []


def _is_heavy(statement: ast.Import | ast.ImportFrom) -> bool:
    """What only some runs of a process need may be loaded late."""
    names = [statement.module or ""] if isinstance(statement, ast.ImportFrom) else []
    names += [alias.name for alias in statement.names]
    heavy = {"yt_dlp", "av", "videorama.adapters.look", "psycopg", "psycopg.conninfo"}
    return bool(heavy & set(names))


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    said = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said, stderr=said)
    except SystemExit:
        pytest.fail(said.getvalue())


def test_no_file_names_a_home_folder_or_leaves_work_for_later() -> None:
    texts = _files(
        ".py", ".html", ".css", ".js", ".md", ".toml", ".sh", ".txt", ".yaml", "Makefile"
    )
    found = [
        f"{_name(path)}:{number}: {line.strip()[:80]}"
        for path in texts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if _HOMES.search(line) or _LATER.search(line)
    ]
    assert found == []


def test_style_sheets_never_shout() -> None:
    assert [_name(path) for path in _files(".css") if "!important" in path.read_text("utf-8")] == []


def test_pages_hold_no_inline_script_style_or_handler() -> None:
    inline = re.compile(r"<style|\son[a-z]+=|hx-on|\"js:|javascript:", re.IGNORECASE)
    found = [
        f"{_name(path)}: {match.group(0)}"
        for path in _files(".html")
        if (match := inline.search(path.read_text("utf-8")))
    ]
    assert found == []


def test_the_readme_names_every_variable_the_settings_read() -> None:
    settings = (REPOSITORY / "videorama" / "settings.py").read_text("utf-8")
    names = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", settings))
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    assert names and {name for name in names if f"`{name}`" not in readme} == set()
