"""A strict loopback mail server that keeps the letters it took.

    with MailServer(username="ada", password="secret") as server:
        server.port; server.letters

It answers a command out of turn, a bare line feed, an overlong line, eight bits that were not
announced, and a wrong password as real servers do; each such slip is kept in `slips`. Faults:
`busy` letters are put off with 451, `refusals` maps a command to an answer, `cut_after_data` drops
the connection when the letter has arrived.
"""

import base64
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, strict
from types import TracebackType
from typing import Any, Self

_LONGEST_LINE = 1000
_POLICY = SMTP + strict


@dataclass(frozen=True)
class Received:
    """One letter as it came: the envelope, and the message."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage
    was_encrypted: bool
    user: str

    def part(self, kind: str) -> str:
        """The text of the part of this kind, plain or html."""
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback. With `context` it offers STARTTLS, or speaks TLS from
    the first byte with `is_tls`; with a user name it takes mail only from whoever signed in."""

    allow_reuse_address = daemon_threads = True

    def __init__(
        self,
        *,
        username: str = "",
        password: str = "",
        context: ssl.SSLContext | None = None,
        is_tls: bool = False,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.port: int = self.server_address[1]
        self.username, self.password = username, password
        self.context, self.is_tls = context, is_tls
        self.letters: list[Received] = []
        self.slips: list[str] = []
        self.busy = 0
        self.refusals: dict[str, str] = {}
        self.cut_after_data = False
        self.at_data: Callable[[], Any] = lambda: None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(10)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle is no news."""


class _Dialogue(socketserver.StreamRequestHandler):
    server: MailServer
    timeout = 20

    def setup(self) -> None:
        if self.server.is_tls:
            assert self.server.context is not None
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.connection.close()

    def handle(self) -> None:
        self.is_encrypted, self.user = self.server.is_tls, ""
        self._forget()
        self.has_greeted = self.is_over = False
        self._say("220 loopback ESMTP")
        while not self.is_over and (line := self._line()):
            words = line.split(" ", 1)
            verb, rest = words[0].upper(), words[1] if len(words) > 1 else ""
            answer = self.server.refusals.get(verb)
            does = getattr(self, f"_on_{verb.lower()}", None)
            if answer:
                self._say(answer)
            elif does is None:
                self._slip("502 5.5.1 Unknown command", line)
            else:
                does(rest)

    def _forget(self) -> None:
        self.sender, self.to = "", []
        self.body_is_8bit = False

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode("ascii") + b"\r\n")

    def _slip(self, answer: str, what: str) -> None:
        self.server.slips.append(f"{answer}: {what}")
        self._say(answer)

    def _line(self) -> str:
        raw = self.rfile.readline(_LONGEST_LINE + 1)
        if not raw:
            return ""
        if len(raw) > _LONGEST_LINE or not raw.endswith(b"\r\n") or not raw.isascii():
            self._slip("500 5.5.2 Bad line", repr(raw[:80]))
            self.is_over = True
            return ""
        return raw[:-2].decode("ascii")

    def _on_ehlo(self, name: str) -> None:
        if not name.strip():
            return self._slip("501 5.5.4 Who are you?", name)
        self.has_greeted = True
        self._forget()
        offers = ["loopback", "8BITMIME", "SIZE 1000000"]
        if self.server.context is not None and not self.is_encrypted:
            offers.append("STARTTLS")
        if self.server.username and (self.is_encrypted or self.server.context is None):
            offers.append("AUTH PLAIN LOGIN")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")

    def _on_starttls(self, rest: str) -> None:
        if self.server.context is None or self.is_encrypted or rest:
            return self._slip("503 5.5.1 Not now", "STARTTLS")
        self._say("220 2.0.0 Go on")
        self.wfile.flush()
        self.request = self.connection = self.server.context.wrap_socket(
            self.request, server_side=True
        )
        self.rfile = self.connection.makefile("rb")
        self.wfile = socketserver._SocketWriter(self.connection)
        self.is_encrypted, self.has_greeted = True, False
        self._forget()

    def _on_auth(self, rest: str) -> None:
        if not self.has_greeted or self.user:
            return self._slip("503 5.5.1 Not now", "AUTH")
        method, _, first = rest.partition(" ")
        try:
            if method.upper() == "PLAIN":
                given = self._decoded(first or self._asked("")).split("\0")[1:]
            elif method.upper() == "LOGIN":
                name = self._decoded(first or self._asked("Username:"))
                given = [name, self._decoded(self._asked("Password:"))]
            else:
                return self._slip("504 5.5.4 Unknown method", method)
        except ValueError:
            return self._slip("501 5.5.2 Not base64", "AUTH")
        if given != [self.server.username, self.server.password]:
            return self._say("535 5.7.8 Wrong")
        self.user = self.server.username
        self._say("235 2.7.0 Welcome")

    def _asked(self, prompt: str) -> str:
        self._say(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return self._line()

    def _decoded(self, text: str) -> str:
        return base64.b64decode(text, validate=True).decode()

    def _on_mail(self, rest: str) -> None:
        address, *options = rest.split(" ")
        if not self.has_greeted or self.sender:
            return self._slip("503 5.5.1 Not now", "MAIL")
        if self.server.username and not self.user:
            return self._slip("530 5.7.0 Sign in first", "MAIL")
        if not address.upper().startswith("FROM:<") or not address.endswith(">"):
            return self._slip("501 5.5.4 Bad sender", rest)
        self.sender = address[6:-1]
        self.body_is_8bit = "BODY=8BITMIME" in [option.upper() for option in options]
        self._say("250 2.1.0 Ok")

    def _on_rcpt(self, rest: str) -> None:
        if not self.sender:
            return self._slip("503 5.5.1 Not now", "RCPT")
        if not rest.upper().startswith("TO:<") or not rest.endswith(">") or "@" not in rest:
            return self._slip("501 5.5.4 Bad recipient", rest)
        self.to.append(rest[4:-1])
        self._say("250 2.1.5 Ok")

    def _on_data(self, rest: str) -> None:
        if not self.to or rest:
            return self._slip("503 5.5.1 Not now", "DATA")
        self._say("354 Go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline(_LONGEST_LINE + 1)) != b".\r\n":
            if not line.endswith(b"\r\n") or len(line) > _LONGEST_LINE:
                self.is_over = True
                return self._slip("500 5.5.2 Bad line", repr(line[:80]))
            if not line.isascii() and not self.body_is_8bit:
                self.is_over = True
                return self._slip("554 5.6.1 Eight bits", repr(line[:80]))
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.at_data()
        if self.server.busy:
            self.server.busy -= 1
            self._forget()
            return self._say("451 4.3.0 Come back later")
        if self.server.cut_after_data:
            self.is_over = True
            return None
        message = message_from_bytes(b"".join(lines), policy=_POLICY)
        assert isinstance(message, EmailMessage)
        self.server.letters.append(
            Received(self.sender, tuple(self.to), message, self.is_encrypted, self.user)
        )
        self._forget()
        return self._say("250 2.0.0 Taken")

    def _on_rset(self, rest: str) -> None:
        self._forget()
        self._say("250 2.0.0 Ok")

    def _on_quit(self, rest: str) -> None:
        self.is_over = True
        self._say("221 2.0.0 Bye")
