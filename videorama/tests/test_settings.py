"""The environment: sane with nothing set, one line for what cannot be used."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from videorama.tests.live import REPOSITORY, clean_environment

pytestmark = pytest.mark.embedded_only("each case reads the settings in a process of its own")

SHOW = """
import json
from pathlib import Path
from videorama import settings as s
names = [name for name in dir(s) if name.isupper()]
as_text = lambda one: str(one) if isinstance(one, Path) else None
print(json.dumps({name: getattr(s, name) for name in names}, default=as_text))
"""


def read(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Reads the settings in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=REPOSITORY,
        env=clean_environment(VIDEORAMA_DATA=str(data), **environment),
        capture_output=True,
        text=True,
        check=False,
    )


def settings_with(data: Path, **environment: str) -> dict:
    done = read(data, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_deploy(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=REPOSITORY,
        env=clean_environment(VIDEORAMA_DATA=str(data), **environment),
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_nothing_set_it_listens_on_loopback_over_http(tmp_path):
    found = settings_with(tmp_path / "new" / "data")
    assert (found["HOST"], found["PORT"], found["PUBLIC_URL"]) == (
        "127.0.0.1",
        8000,
        "http://127.0.0.1:8000",
    )
    assert found["DEBUG"] is False and found["ONLY_PRIVATE_HOSTS"] is True
    assert found["ROOTS"] == {"media": str(tmp_path / "new" / "data" / "media")}
    assert found["TRUSTED_PROXIES"] == [] and found["SECURE_PROXY_SSL_HEADER"] is None
    assert not any(
        found[name]
        for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    )


def test_empty_means_unset(tmp_path):
    names = re.findall(r"^([A-Z_]+)=", (REPOSITORY / ".env.example").read_text("utf-8"), re.M)
    empty = dict.fromkeys(names, "") | {"VIDEORAMA_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=REPOSITORY,
        env=clean_environment() | empty,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout) == settings_with(tmp_path)


def test_an_https_address_switches_everything_on(tmp_path):
    found = settings_with(tmp_path, VIDEORAMA_URL="https://videos.example.org/")
    assert found["PUBLIC_URL"] == "https://videos.example.org"
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://videos.example.org"]
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert all(
        found[name]
        for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    )
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert found["TRUSTED_PROXIES"] == ["127.0.0.1", "::1"]


def test_allowed_hosts_keep_loopback_and_the_public_name(tmp_path):
    found = settings_with(
        tmp_path, VIDEORAMA_ALLOWED_HOSTS="a.example, b.example", VIDEORAMA_URL="http://c.example"
    )
    assert found["ONLY_PRIVATE_HOSTS"] is False
    assert {"a.example", "b.example", "c.example", "localhost"} <= set(found["ALLOWED_HOSTS"])
    assert "*" not in found["ALLOWED_HOSTS"]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
    ],
)
def test_the_address_said_at_the_start_can_be_opened(tmp_path, host, url):
    assert settings_with(tmp_path, HOST=host)["PUBLIC_URL"] == url


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    first = settings_with(tmp_path)["SECRET_KEY"]
    path = tmp_path / "secret_key"
    assert len(first) >= 50 and path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert settings_with(tmp_path)["SECRET_KEY"] == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"secret_key", "static"}


def test_many_first_starts_agree_on_one_key(tmp_path):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", "from videorama import settings; print(settings.SECRET_KEY)"],
            cwd=REPOSITORY,
            env=clean_environment(VIDEORAMA_DATA=str(tmp_path)),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    keys = {process.communicate()[0].strip() for process in running}
    assert len(keys) == 1 and len(keys.pop()) >= 50


def test_secrets_come_from_files_too(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("from a file " * 6 + "\n", encoding="utf-8")
    found = settings_with(tmp_path, VIDEORAMA_SECRET_KEY_FILE=str(secret))
    assert found["SECRET_KEY"] == ("from a file " * 6).strip()


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORT": "eighty"},
        {"PORT": "0"},
        {"PORT": "65536"},
        {"VIDEORAMA_URL": "videos.example.org"},
        {"VIDEORAMA_URL": "ftp://videos.example.org"},
        {"VIDEORAMA_URL": "https://videos.example.org/sub"},
        {"VIDEORAMA_URL": "https://videos.example.org:99999"},
        {"VIDEORAMA_URL": "https://user:pass@videos.example.org"},
        {"VIDEORAMA_DEBUG": "perhaps"},
        {"VIDEORAMA_ROOTS": "/media"},
        {"VIDEORAMA_ROOTS": "Me dia=/media"},
        {"VIDEORAMA_ROOTS": "media=/srv/a,media=/srv/b"},
        {"VIDEORAMA_ALLOWED_HOSTS": "https://videos.example.org"},
        {"VIDEORAMA_ALLOWED_HOSTS": "videos.example.org:8000"},
        {"VIDEORAMA_SECRET_KEY": "short"},
        {"VIDEORAMA_TRUSTED_PROXIES": "nginx"},
        {"VIDEORAMA_ALLOW_PRIVATE": "10.0.0.0/99"},
        {"VIDEORAMA_ADMIN_USER": "ada"},
        {"VIDEORAMA_ADMIN_PASSWORD": "a long enough pass phrase"},
        {"VIDEORAMA_SECRET_KEY_FILE": "/nowhere/key"},
        {"VIDEORAMA_DATA": "/dev/null/data"},
        {"DATABASE_URL": "mysql://ada@db/videorama"},
        {"DATABASE_URL": "postgresql://ada:secret@db:port/videorama"},
        {"DATABASE_URL": "postgresql://ada:secret@db"},
        {"VIDEORAMA_SECRET_KEY": "", "DATABASE_URL": "postgresql://ada:secret@db/videorama"},
        {"REDIS_URL": "amqp://broker"},
        {"REDIS_URL": "redis://broker:6379/media"},
        {"REDIS_URL": "redis://broker:6379/0"},
    ],
    ids=lambda wrong: " ".join("=".join(pair) for pair in wrong.items()),
)
def test_a_wrong_value_stops_the_start_with_one_line_naming_it(tmp_path, wrong):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=REPOSITORY,
        env=clean_environment(**{"VIDEORAMA_DATA": str(tmp_path), **wrong}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = done.stderr.strip()
    name = next(iter(wrong))
    assert done.returncode != 0 and "\n" not in said and "Traceback" not in said
    assert "VIDEORAMA_ADMIN" in said if "ADMIN" in name else name.removesuffix("_FILE") in said
    assert "secret@" not in said


def test_a_database_address_becomes_what_django_needs(tmp_path):
    address = "postgresql://ada:a%20b@db.example.org:5433/films?sslmode=require"
    found = settings_with(tmp_path, DATABASE_URL=address, VIDEORAMA_SECRET_KEY="k" * 32)
    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["NAME"], database["USER"], database["PASSWORD"]) == ("films", "ada", "a b")
    assert (database["HOST"], database["PORT"]) == ("db.example.org", "5433")
    assert database["OPTIONS"]["sslmode"] == "require" and "pool" in database["OPTIONS"]
    assert found["IS_SCALE"] is False


def test_a_secret_given_twice_is_refused(tmp_path):
    done = read(tmp_path, VIDEORAMA_SECRET_KEY="a", VIDEORAMA_SECRET_KEY_FILE="/b")
    assert done.returncode != 0 and "not both" in done.stderr


@pytest.mark.parametrize("url", ["", "https://videos.example.org"])
def test_django_s_deployment_checks_have_nothing_to_say(tmp_path, url):
    done = check_deploy(tmp_path, VIDEORAMA_URL=url)
    assert done.returncode == 0, done.stderr


def test_the_example_lists_every_variable_with_its_meaning():
    source = (REPOSITORY / "videorama" / "settings.py").read_text("utf-8")
    read_there = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source))
    lines = (REPOSITORY / ".env.example").read_text("utf-8").splitlines()
    listed = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    composed = re.findall(r"\$\{([A-Z_]+)", (REPOSITORY / "compose.yaml").read_text("utf-8"))
    assert set(listed) == read_there | set(composed) and len(listed) == len(set(listed))
    for line, above in zip(lines[1:], lines, strict=False):
        if line and not line.startswith("#"):
            assert above.startswith("# "), f"{line} says nothing about itself"


def test_only_the_settings_read_our_variables():
    readers = []
    for path in REPOSITORY.glob("*/**/*.py"):
        name = str(path.relative_to(REPOSITORY))
        if not name.startswith(("videorama", "library", "imports")) or "/tests/" in name:
            continue
        if re.search(
            r"environ(\.get)?[\[(]\s*[\"'](VIDEORAMA_|HOST|PORT)", path.read_text("utf-8")
        ):
            readers.append(name)
    assert readers == []
