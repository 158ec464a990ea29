"""Guessing passwords gets slower with every failure."""

import threading
import time

import pytest
from django.core.cache import cache

from videorama.accounts import throttle
from videorama.accounts.errors import TooManyAttempts
from videorama.tests import services

HERE = "192.0.2.7"


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()
    yield
    cache.clear()


def tries(number, *, username="ada", address=HERE):
    """How many of so many attempts were let through."""
    admitted = 0
    for _ in range(number):
        try:
            throttle.begin(username=username, address=address)
            admitted += 1
        except TooManyAttempts:
            continue
    return admitted


def test_five_attempts_are_free_and_then_comes_a_wait():
    assert tries(20) == 5
    with pytest.raises(TooManyAttempts) as caught:
        throttle.begin(username="ada", address=HERE)
    assert 1 <= caught.value.retry_after_s <= 30
    assert caught.value.status == 429 and "second" in caught.value.message


@pytest.fixture
def wait(monkeypatch):
    """Lets seconds go by, here and in the cache."""
    begun, waited = time.time(), [0]
    monkeypatch.setattr(time, "time", lambda: begun + waited[0])

    def wait(seconds):
        waited[0] += seconds
        if services.is_scale():
            redis = cache._cache.get_client(write=True)
            for key in redis.keys("*sign-in:*"):
                left_ms = redis.pttl(key) - seconds * 1000
                redis.pexpire(key, left_ms) if left_ms > 0 else redis.delete(key)

    return wait


def test_each_further_failure_doubles_the_wait(wait):
    tries(5)
    waits = []
    for _ in range(8):
        with pytest.raises(TooManyAttempts) as caught:
            throttle.begin(username="ada", address=HERE)
        waits.append(caught.value.retry_after_s)
        wait(waits[-1] + 1)
        assert tries(1) == 1
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_an_hour_without_failure_starts_anew(wait):
    tries(20)
    wait(3601)
    assert tries(20) == 5


def test_the_name_is_counted_in_any_spelling():
    assert tries(3, username="Ada") + tries(3, username=" aDA ") == 5


def test_another_address_may_still_sign_in_under_the_same_name():
    tries(20)
    assert tries(1, address="192.0.2.8") == 1


def test_one_address_cannot_go_through_all_names():
    assert sum(tries(1, username=f"user{number}") for number in range(100)) == 30
    assert tries(1, username="ada", address="192.0.2.8") == 1


def test_nobody_gets_more_attempts_by_trying_many_other_names(wait):
    admitted = 0
    for round_ in range(4):
        admitted += tries(10)
        for number in range(400):
            tries(1, username=f"{round_}-{number}")
        wait(31)
    assert admitted <= 7


def test_the_names_of_an_address_that_waits_are_not_remembered():
    tries(40, username="ada")
    for number in range(40):
        tries(1, username=f"before-{number}")
    tries(100, username="after")
    assert cache.get(throttle._key("name", f"after\n{HERE}")) is None


def test_addresses_of_one_ipv6_network_are_one():
    admitted = sum(tries(1, address=f"2001:db8::{number}") for number in range(10))
    assert admitted == 5
    assert tries(1, address="2001:db8:0:1::1") == 1


def test_the_right_password_forgets_the_failures_of_this_name_only():
    tries(4)
    throttle.begin(username="ada", address=HERE).succeeded()
    assert tries(20) == 5
    cache.clear()
    for number in range(28):
        tries(1, username=f"user{number}")
    for _ in range(10):
        throttle.begin(username="ada", address=HERE).succeeded()
    assert sum(tries(1, username=f"more{number}") for number in range(20)) == 2


def test_many_attempts_at_the_same_moment_do_not_slip_past_the_count():
    barrier = threading.Barrier(20)
    admitted = []

    def attempt():
        barrier.wait()
        admitted.append(tries(1))

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 5


def test_an_address_that_is_none_is_counted_too():
    assert tries(20, address="") == 5
