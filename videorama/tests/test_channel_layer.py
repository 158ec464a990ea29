"""Messages between processes: two layers on one Redis stand for two of them."""

import asyncio
import time
from typing import Any

from videorama.channel_layer import MISSED, SharedLayer
from videorama.tests.services import Redis


class Ear:
    """A socket's place in a layer."""

    def __init__(self, layer: SharedLayer) -> None:
        self.layer = layer
        self.channel = ""
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def open(self, *groups: str) -> "Ear":
        """From now on it hears what is sent to the groups."""
        self.channel = await self.layer.new_channel()
        self.layer.listen(self.channel, self.heard.put_nowait)
        for group in groups:
            await self.layer.group_add(group, self.channel)
        return self

    async def next(self, kind: str = "news") -> dict[str, Any]:
        """The next message of this type."""
        async with asyncio.timeout(15):
            while (message := await self.heard.get())["type"] != kind:
                pass
        return message


async def test_what_one_process_posts_those_in_the_group_hear_in_every_process(
    own_redis: Redis,
) -> None:
    one, two = (SharedLayer(f"{own_redis.server_url}/0") for _ in range(2))
    inside = [await Ear(layer).open("a", "b") for layer in (one, two)]
    outside = await Ear(two).open("c")
    await asyncio.to_thread(one.post, ["a", "b"], {"type": "news", "job_id": 7})
    await asyncio.to_thread(two.post, ["c"], {"type": "news", "job_id": 8})
    for ear in inside:
        assert (await ear.next())["job_id"] == 7
        assert ear.heard.empty(), "once, though it is in both groups"
    assert (await outside.next())["job_id"] == 8


async def test_databases_of_one_redis_do_not_hear_each_other(own_redis: Redis) -> None:
    mine, foreign = (SharedLayer(f"{own_redis.server_url}/{number}") for number in (1, 2))
    ear = await Ear(mine).open("a")
    await asyncio.to_thread(foreign.post, ["a"], {"type": "news", "job_id": 1})
    await asyncio.to_thread(mine.post, ["a"], {"type": "news", "job_id": 2})
    assert (await ear.next())["job_id"] == 2


async def test_who_has_left_is_forgotten(own_redis: Redis) -> None:
    layer = SharedLayer(f"{own_redis.server_url}/0")
    stays, leaves = await Ear(layer).open("a"), await Ear(layer).open("a")
    layer.forget(leaves.channel)
    await asyncio.to_thread(layer.post, ["a"], {"type": "news"})
    await stays.next()
    assert leaves.heard.empty()


async def test_a_redis_that_is_away_delays_nobody_and_what_was_lost_is_said_when_it_is_back(
    own_redis: Redis,
) -> None:
    listening, telling = (SharedLayer(f"{own_redis.server_url}/0") for _ in range(2))
    ear = await Ear(listening).open("a")
    own_redis.kill()
    begun = time.time()
    for _ in range(200):
        await asyncio.to_thread(telling.post, ["a"], {"type": "news"})
    assert time.time() - begun < 2
    assert (await ear.next(MISSED))["since"] <= begun, "whoever listens reads the rows meanwhile"
    own_redis.start()
    async with asyncio.timeout(15):
        while (await ear.next(MISSED))["since"] < begun:
            pass
    await _hears_again(ear, telling)


async def test_without_redis_from_the_start_sockets_open_all_the_same(own_redis: Redis) -> None:
    own_redis.kill()
    layer = SharedLayer(f"{own_redis.server_url}/0")
    ear = await Ear(layer).open("a")
    await ear.next(MISSED)
    own_redis.start()
    await _hears_again(ear, layer)


async def _hears_again(ear: Ear, layer: SharedLayer) -> None:
    """Within some seconds what the layer posts arrives as before."""
    async with asyncio.timeout(15):
        while "news" not in {ear.heard.get_nowait()["type"] for _ in range(ear.heard.qsize())}:
            await asyncio.to_thread(layer.post, ["a"], {"type": "news"})
            await asyncio.sleep(0.05)
