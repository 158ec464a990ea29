"""The cache on Redis, and what becomes of it while Redis is away."""

import signal
import time

import pytest
from django.core.cache import cache
from django.test import Client

from videorama.accounts import throttle
from videorama.accounts.errors import TooManyAttempts
from videorama.cache import SharedCache
from videorama.tests.services import Redis
from videorama.tests.waiting import eventually


@pytest.fixture
def shared(own_redis: Redis, settings) -> SharedCache:
    """The cache of the scale mode, on it."""
    settings.CACHES = {
        "default": {
            "BACKEND": "videorama.cache.SharedCache",
            "LOCATION": f"{own_redis.server_url}/0",
            "KEY_PREFIX": "videorama",
        }
    }
    return SharedCache(f"{own_redis.server_url}/0", {"KEY_PREFIX": "videorama"})


def test_two_caches_on_one_redis_know_the_same(shared: SharedCache, own_redis: Redis) -> None:
    other = SharedCache(f"{own_redis.server_url}/0", {"KEY_PREFIX": "videorama"})
    assert shared.add("a", 1) and not other.add("a", 2)
    assert other.incr("a") == 2 and shared.get("a") == 2
    other.set_many({"b": "x", "c": [1]})
    assert shared.get_many(["a", "b", "c", "d"]) == {"a": 2, "b": "x", "c": [1]}
    assert shared.touch("b", 60) and shared.delete("b") and not other.has_key("b")
    other.delete_many(["a", "c"])
    assert shared.get("a") is shared.get("c") is None


def test_a_restart_of_redis_costs_what_it_knew_and_nothing_else(
    shared: SharedCache, own_redis: Redis
) -> None:
    shared.set("a", 1)
    own_redis.kill()
    own_redis.start()
    assert shared.get("a", "gone") == "gone"
    shared.set("a", 2)
    assert SharedCache(f"{own_redis.server_url}/0", {"KEY_PREFIX": "videorama"}).get("a") == 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hanging"])
def test_a_redis_that_is_away_is_replaced_within_the_process(
    shared: SharedCache, own_redis: Redis, how: int
) -> None:
    assert own_redis.process is not None
    own_redis.process.send_signal(how)
    begun = time.monotonic()
    for number in range(50):
        shared.set(f"key-{number}", number)
    assert [shared.get(f"key-{number}") for number in range(50)] == list(range(50))
    assert time.monotonic() - begun < 2, "only the first one waits for an answer"


@pytest.mark.django_db
def test_guessing_is_still_slowed_and_signing_in_still_works(
    shared: SharedCache, own_redis: Redis, make_user
) -> None:
    user = make_user("ada")
    user.set_password("a long enough pass phrase")
    user.save()
    cache.set("proof", "on Redis")
    assert shared.get("proof") == "on Redis", "pages use this very cache"
    own_redis.kill()
    given = {"username": "ada", "password": "a long enough pass phrase"}
    assert Client().post("/login", given).status_code == 302
    with pytest.raises(TooManyAttempts):
        for _ in range(6):
            throttle.begin(username="eve", address="192.0.2.9")


def test_redis_is_used_again_once_it_is_back(shared: SharedCache, own_redis: Redis) -> None:
    own_redis.kill()
    shared.set("a", "of the process")
    own_redis.start()
    eventually(lambda: shared.get("a") is None, what="Redis is asked again", within=10)
    shared.set("a", "of Redis")
    assert SharedCache(f"{own_redis.server_url}/0", {"KEY_PREFIX": "videorama"}).get("a")
