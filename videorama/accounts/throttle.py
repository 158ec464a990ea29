"""Slows down guessing of passwords.

Attempts are counted before the password is looked at, so that many at the same moment do not slip
past the count, and the same way for names that exist and names that do not. Counts live in the
cache: they are lost by a restart, which costs a guesser more than it gives.
"""

import hashlib
import ipaddress
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import ngettext

from videorama.accounts.errors import TooManyAttempts

FORGET_AFTER_S = 60 * 60
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 15 * 60


@dataclass(frozen=True)
class Tally:
    """Attempts of one kind: from the `free`th on, each failure doubles the wait for the next."""

    key: str
    free: int

    def admit(self) -> None:
        """Counts one attempt; TooManyAttempts while a wait is on."""
        self.refuse_while_waiting()
        cache.add(self.key, 0, FORGET_AFTER_S)
        try:
            count = cache.incr(self.key)
        except ValueError:  # Forgotten between the two lines.
            count = 1
        if count < self.free:
            return
        wait_s = min(FIRST_WAIT_S * 2 ** min(count - self.free, 10), LONGEST_WAIT_S)
        until = time.time() + wait_s
        # Only one of many simultaneous attempts starts the wait and goes on.
        if not cache.add(self._wait_key, until, wait_s):
            self.refuse_while_waiting()
        cache.touch(self.key, FORGET_AFTER_S)

    def forgive(self, *, all_attempts: bool) -> None:
        """Takes back the last attempt, or all, after it turned out right."""
        cache.delete(self._wait_key)
        if all_attempts:
            cache.delete(self.key)
            return
        try:
            cache.decr(self.key)
        except ValueError:  # Forgotten meanwhile.
            return

    @property
    def _wait_key(self) -> str:
        return f"{self.key}:wait"

    def refuse_while_waiting(self) -> None:
        """TooManyAttempts while a wait is on; counts nothing."""
        until = cache.get(self._wait_key)
        if until is None:
            return
        left_s = max(1, round(until - time.time()))
        raise TooManyAttempts(_sentence(left_s), retry_after_s=left_s)


@dataclass(frozen=True)
class Attempt:
    """One try to sign in, counted for the name at this address and for the address alone."""

    name_here: Tally
    address: Tally

    def succeeded(self) -> None:
        """The right password: forgets the failures of this name, keeps those of the address."""
        self.name_here.forgive(all_attempts=True)
        self.address.forgive(all_attempts=False)


def begin(*, username: str, address: str) -> Attempt:
    """Counts a try to sign in before it is looked at; TooManyAttempts when there were too many.

    An address may fail for many names, as a household behind one router does, but not for ever.
    """
    network = _network(address)
    name = username.strip().casefold()
    attempt = Attempt(
        name_here=Tally(_key("name", f"{name}\n{network}"), free=5),
        address=Tally(_key("address", network), free=30),
    )
    # First, or it would fill the cache with names until what is counted falls out of it.
    attempt.address.refuse_while_waiting()
    attempt.name_here.admit()
    attempt.address.admit()
    return attempt


def begin_password(*, user_id: int) -> Tally:
    """Counts a try at one's own password; to be forgiven when it was right."""
    tally = Tally(_key("password", str(user_id)), free=5)
    tally.admit()
    return tally


def begin_link(*, address: str) -> Tally:
    """Counts a look at a one-time link; to be forgiven when the link was good."""
    tally = Tally(_key("link", _network(address)), free=30)
    tally.admit()
    return tally


def begin_registration(*, address: str) -> None:
    """Counts a try to make an account, good or not: nobody makes many, or asks for many names."""
    Tally(_key("register", _network(address)), free=10).admit()


def _network(address: str) -> str:
    """The address, or for IPv6 its /64, which one person owns as a whole."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _key(kind: str, text: str) -> str:
    return f"sign-in:{kind}:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"


def _sentence(left_s: int) -> str:
    if left_s < 60:
        return ngettext(
            "Too many attempts. Try again in %(n)d second.",
            "Too many attempts. Try again in %(n)d seconds.",
            left_s,
        ) % {"n": left_s}
    minutes = -(-left_s // 60)
    return ngettext(
        "Too many attempts. Try again in %(n)d minute.",
        "Too many attempts. Try again in %(n)d minutes.",
        minutes,
    ) % {"n": minutes}
