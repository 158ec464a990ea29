"""Image, compose file and units fit the program; run as far as it goes without Docker."""

import ipaddress
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from videorama.tests import services
from videorama.tests.surroundings import REPOSITORY, clean_environment, free_port
from videorama.tests.waiting import eventually

pytestmark = pytest.mark.embedded_only("reads files of the repository")

COMPOSE = (REPOSITORY / "compose.yaml").read_text("utf-8")
UNITS = sorted((REPOSITORY / "deploy" / "systemd").glob("videorama*"))
PROCESSES = {"prepare", "web", "worker", "beat"}
RUN_ONCE = {"prepare", "certificate"}


def composed() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE))


def commands() -> set[str]:
    folder = REPOSITORY / "videorama" / "management" / "commands"
    return {path.stem for path in folder.glob("*.py")}


def listed_variables() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (REPOSITORY / ".env.example").read_text("utf-8"), re.M))


def test_the_image_passes_its_linter() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, REPOSITORY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "" and done.returncode == 0


def test_all_that_the_image_copies_is_there_and_reaches_the_builder() -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text("utf-8")
    let_in = re.findall(r"^!(\S+)$", (REPOSITORY / ".dockerignore").read_text("utf-8"), re.M)
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.M)
        for word in line.split()[:-1]
    }
    assert copied == set(let_in)
    assert [one for one in copied if not (REPOSITORY / one).exists()] == []
    needed = {"manage.py", "videorama", "library", "imports", "analytics", "templates", "static"}
    assert needed <= copied


def test_the_image_runs_as_nobody_special_and_asks_for_its_own_health() -> None:
    last = (REPOSITORY / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
    assert re.search(r"^USER \$\{UID\}:\$\{GID\}$", last, re.M)
    assert "HEALTHCHECK" in last and "curl" not in last.replace("# Without curl", "")
    assert not re.search(r"\b(gcc|build-essential|pip install)\b", last)
    assert "tini" in last and "STOPSIGNAL SIGTERM" in last


def test_every_container_has_an_image_a_command_and_a_health_check() -> None:
    for name, service in composed()["services"].items():
        assert service["image"], name
        assert service.get("profiles") or name in {"postgres"} | PROCESSES | {"nginx", "redis"}
        check = service["healthcheck"]
        assert check == {"disable": True} if name in RUN_ONCE else check["test"][0] == "CMD", name
        assert service["restart"] == ("no" if name in RUN_ONCE else "unless-stopped"), name


def test_containers_run_commands_of_the_program_that_exist() -> None:
    found = composed()["services"]
    assert {name: found[name]["command"] for name in PROCESSES} == {
        "prepare": ["prepare"],
        "web": ["web"],
        "worker": ["work"],
        "beat": ["beat"],
    }
    assert {"prepare", "web", "work", "beat", "alive"} <= commands()


def test_containers_start_after_what_they_need() -> None:
    found = composed()["services"]
    for name, service in found.items():
        for needed, how in service.get("depends_on", {}).items():
            ends = found[needed]["restart"] == "no"
            wanted = "service_completed_successfully" if ends else "service_healthy"
            assert how == {"condition": wanted}, f"{name} on {needed}"
    assert set(found["web"]["depends_on"]) == {"prepare", "postgres", "redis"}


def test_what_containers_are_told_is_known_and_holds_no_secret() -> None:
    known = listed_variables()
    for name in PROCESSES:
        told = composed()["services"][name]["environment"]
        assert set(told) <= known, name
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE)) <= known
    secrets = re.findall(r"^\s*\w*(?:PASSWORD|SECRET|KEY)\w*:\s*(\S+)", COMPOSE, re.M)
    assert secrets and all(one.startswith("${") for one in secrets)


def test_containers_are_believed_who_asks_but_not_what_docker_itself_passes_on() -> None:
    # Docker shows some visitors under the address of the gateway: they could name any other one.
    filled = re.sub(r"\$\{VIDEORAMA_SUBNET:-([\d.]+)\}", r"\1", COMPOSE)
    (network,) = yaml.safe_load(filled)["networks"]["default"]["ipam"]["config"]
    told = yaml.safe_load(filled)["services"]["web"]["environment"]["VIDEORAMA_TRUSTED_PROXIES"]
    believed = ipaddress.ip_network(told)
    assert told == network["ip_range"]
    assert believed.subnet_of(ipaddress.ip_network(network["subnet"]))
    assert ipaddress.ip_address(network["gateway"]) not in believed


def test_every_volume_is_declared_and_only_the_front_is_reached_from_outside() -> None:
    found = composed()
    used = set()
    for service in found["services"].values():
        for volume in service.get("volumes", ()):
            source = re.sub(r"\$\{[A-Z_]+:-(\w+)\}", r"\1", volume).partition(":")[0]
            used |= {source} - {one for one in (source,) if one.startswith("./")}
            assert not source.startswith("./") or (REPOSITORY / source).is_file()
    assert used == set(found["volumes"])
    assert {name for name, one in found["services"].items() if "ports" in one} == {"nginx", "tls"}


def test_redis_and_postgresql_are_of_the_versions_that_were_agreed() -> None:
    found = composed()["services"]
    assert found["postgres"]["image"].startswith("postgres:16")
    assert found["redis"]["image"].startswith("redis:7")
    said = " ".join(found["redis"]["command"])
    assert "--appendonly yes" in said and "--maxmemory-policy noeviction" in said


@pytest.mark.parametrize(("service", "template"), [("nginx", "nginx.conf"), ("tls", "tls.conf")])
def test_a_front_is_told_everything_its_configuration_asks_for(service: str, template: str) -> None:
    text = (REPOSITORY / "deploy" / template).read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", "\n".join(lines)))
    assert asked == set(composed()["services"][service]["environment"]) - {
        "NGINX_ENVSUBST_OUTPUT_DIR"
    }


def test_the_units_hold_what_systemd_knows(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in UNITS:
        # The program itself is not where the unit expects it on this machine.
        text = unit.read_text("utf-8").replace("/opt/videorama/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    files = [str(path) for path in sorted(tmp_path.iterdir()) if "@" not in path.name]
    done = subprocess.run([analyze, "verify", *files], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "videorama" in line]
    assert said == []


def test_the_units_run_commands_of_the_program_without_rights_they_do_not_need() -> None:
    services_ = [unit for unit in UNITS if unit.suffix == ".service"]
    assert len(services_) == 6
    for unit in services_:
        text = unit.read_text("utf-8")
        (command,) = re.findall(r"^ExecStart=\S+ manage\.py (\w+)$", text, re.M)
        assert command in commands()
        for line in ("User=videorama", "NoNewPrivileges=yes", "ProtectSystem=strict"):
            assert line in text.splitlines(), unit.name


def certificate(folder: Path, *names: str) -> None:
    subprocess.run(
        [sys.executable, "deploy/self_signed.py", str(folder), *names],
        cwd=REPOSITORY,
        env=clean_environment(),
        check=True,
    )


def test_a_self_signed_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    certificate(tmp_path, "localhost", "127.0.0.1")
    first = (tmp_path / "server.crt").read_bytes()
    certificate(tmp_path, "localhost", "127.0.0.1")
    assert (tmp_path / "server.crt").read_bytes() == first
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0
    ssl.create_default_context().load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")


@contextmanager
def backend(status: int, seen: list[dict[str, str]]) -> Iterator[int]:
    """Answers everything with this status, on the port it gives; keeps the headers it gets."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def health_check(port: int) -> int:
    return subprocess.run(
        [sys.executable, "deploy/healthy.py"],
        cwd=REPOSITORY,
        env=clean_environment(PORT=str(port)),
        check=False,
    ).returncode


def test_the_health_check_says_what_the_server_says() -> None:
    assert health_check(free_port()) == 1
    for status, code in ((200, 0), (503, 1)):
        with backend(status, []) as port:
            assert health_check(port) == code


def test_https_in_front_passes_requests_on_with_the_scheme_that_people_use(tmp_path: Path) -> None:
    certificate(tmp_path, "localhost", "127.0.0.1")
    port = free_port()
    seen: list[dict[str, str]] = []
    with backend(200, seen) as behind:
        values = {
            "TLS_LISTEN": f"127.0.0.1:{port}",
            "TLS_FOLDER": str(tmp_path),
            "TLS_UPSTREAM": f"127.0.0.1:{behind}",
            "RUN_FOLDER": str(tmp_path),
        }
        text = (REPOSITORY / "deploy" / "tls.conf").read_text("utf-8")
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        (tmp_path / "tls.conf").write_text(text)
        process = subprocess.Popen(
            [services.program("nginx"), "-c", str(tmp_path / "tls.conf"), "-g", "daemon off;"]
        )
        try:
            answer = eventually(lambda: asked(port, tmp_path), within=20, what="https answers")
        finally:
            process.terminate()
            process.wait(20)
    assert answer is not None and answer.status_code == 200
    assert seen[-1]["x-forwarded-proto"] == "https"
    assert seen[-1]["x-forwarded-for"] == "127.0.0.1"


def asked(port: int, folder: Path) -> requests.Response | None:
    try:
        return requests.get(
            f"https://127.0.0.1:{port}/",
            headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"},
            verify=str(folder / "server.crt"),
            timeout=5,
        )
    except requests.ConnectionError:
        return None
