"""`manage.py nginx_config`: deploy/nginx.conf with its placeholders filled in."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

TEMPLATE = Path(settings.BASE_DIR) / "deploy" / "nginx.conf"
_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")
# nginx reads these as its own signs, and has no way to write them in every place.
_SIGNS = re.compile(r"[\"'${}\\\x00-\x1f]")


class Command(BaseCommand):
    """Prints the configuration of an nginx on this machine."""

    help = "Prints deploy/nginx.conf, filled in for an nginx in front of this server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Everything has a default that fits a server and an nginx on one machine."""
        own = Path(settings.DATA) / "nginx"
        is_https = settings.PUBLIC_URL.startswith("https:")
        log = settings.ACCESS_LOG or own / "access.log"
        parser.add_argument("--listen", default="8080", help="address, port or both")
        parser.add_argument(
            "--scheme", choices=["http", "https"], default="https" if is_https else "http"
        )
        parser.add_argument("--server", action="append", help="host:port of a web process")
        parser.add_argument(
            "--rights-listen", default="127.0.0.1:8081", help="a free address for nginx itself"
        )
        parser.add_argument("--static", default=str(settings.STATIC_ROOT))
        parser.add_argument("--root", action="append", help="name=folder of a storage root")
        parser.add_argument("--access-log", default=str(log))
        parser.add_argument("--error-log", default="stderr")
        parser.add_argument("--run-folder", default=str(own), help="pid, temporary files")

    def handle(self, *args: Any, **options: Any) -> None:
        """The file on stdout, what to mind on stderr."""
        roots = options["root"] or [f"{name}={path}" for name, path in settings.ROOTS.items()]
        servers = options["server"] or [f"127.0.0.1:{settings.PORT}"]
        values = {
            "LISTEN": _name("--listen", options["listen"]),
            "PUBLIC_SCHEME": options["scheme"],
            "UPSTREAM_SERVERS": " ".join(
                f"server {_name('--server', one)} fail_timeout=2s;" for one in servers
            ),
            "RIGHTS_LISTEN": _name("--rights-listen", options["rights_listen"]),
            "STATIC_FOLDER": _path("--static", options["static"]),
            "MEDIA_ROOTS": " ".join(_root(one) for one in roots),
            "ACCESS_LOG": _path("--access-log", options["access_log"]),
            "ERROR_LOG": _path("--error-log", options["error_log"]),
            "RUN_FOLDER": _path("--run-folder", options["run_folder"]),
        }
        if not settings.TRUSTED_PROXIES:
            self.stderr.write(
                "VIDEORAMA_TRUSTED_PROXIES is empty: set it to the address of this nginx, such as "
                "127.0.0.1, or Videorama will not hand files over to it."
            )
        self.stdout.write(filled(TEMPLATE.read_text(encoding="utf-8"), values))


def filled(template: str, values: dict[str, str]) -> str:
    """The text with every placeholder replaced; comments name them and stay."""
    lines = [
        line if line.lstrip().startswith("#") else _PLACEHOLDER.sub(lambda m: values[m[1]], line)
        for line in template.splitlines()
    ]
    return "\n".join(lines)


def _name(option: str, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_\[\]*-]+", value):
        raise CommandError(f"{option} must be an address, a port or both, not {value!r}.")
    return value


def _path(option: str, value: str) -> str:
    if not value or _SIGNS.search(value):
        raise CommandError(f"{option}: nginx cannot take the path {value!r}; use another one.")
    return value


def _root(given: str) -> str:
    name, sign, folder = given.partition("=")
    if not sign or not re.fullmatch(r"[a-z0-9_-]{1,30}", name):
        raise CommandError(f"--root must look like media=/path, not {given!r}.")
    return f'{name} "{_path("--root", folder)}";'
