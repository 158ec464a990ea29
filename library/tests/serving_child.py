"""A real server in a process of its own, holding one large sparse file, for tests of memory.

    python -m library.tests.serving_child SIZE_BYTES

The data folder has a prepared database. Prints one line of JSON: port, process id, token and
address of the stream. Ends with its stdin.
"""

import json
import os
import socket
import sys
import threading

import django

django.setup()

import uvicorn  # noqa: E402
from django.db import connections  # noqa: E402

from library.queries import file_path, media_url, playable_file  # noqa: E402
from library.tests.factories import make_entry, make_user  # noqa: E402
from videorama.accounts.services import create_token  # noqa: E402
from videorama.asgi import application  # noqa: E402

entry = make_entry(title="large")
os.truncate(file_path(playable_file(entry)), int(sys.argv[1]))
_row, token = create_token(user=make_user(role="viewer"), name="test")
connections.close_all()

listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_level="error"))


def end_with_stdin() -> None:
    sys.stdin.read()
    server.should_exit = True


threading.Thread(target=end_with_stdin, daemon=True).start()
about = {
    "port": listener.getsockname()[1],
    "pid": os.getpid(),
    "token": token,
    "path": media_url(entry, "stream"),
}
print(json.dumps(about), flush=True)  # noqa: T201
server.run([listener])
