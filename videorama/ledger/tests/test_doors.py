"""By which door something came in."""

import pytest

from videorama.ledger import doors
from videorama.ledger.doors import Door
from videorama.ledger.middleware import Doors, door_of


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/", Door.WEB),
        ("/entries/", Door.WEB),
        ("/api/v1/entries", Door.API),
        ("/admin/", Door.ADMIN),
        ("/apiary", Door.WEB),
    ],
)
def test_the_address_names_the_door(path, door, rf):
    seen = []
    assert door_of(path) == door
    Doors(lambda request: seen.append(doors.current()))(rf.get(path))
    assert seen == [door]


def test_outside_of_requests_and_jobs_it_is_the_command_line():
    assert doors.current() == Door.COMMAND
    with doors.using(Door.WORKER):
        assert doors.current() == Door.WORKER
    assert doors.current() == Door.COMMAND
