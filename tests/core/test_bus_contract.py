"""What every bus promises, on both of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from core.bus import Bus, LocalBus
from core.errors import Unavailable
from core.nats import NatsBus
from core.tasks import Tasks
from tests.servers import free_port, nats_server

PATIENCE_S = 30  # a hint takes milliseconds; a busy machine may stand still for seconds


@pytest.fixture(scope="module")
def nats_url() -> Iterator[str]:
    with nats_server() as url:
        yield url


@pytest.fixture(params=["local", "nats"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Bus, Bus]]:
    """A bus to publish on and one to listen on: the same one in one process, two connections across processes."""
    if request.param == "local":
        bus = LocalBus()
        yield bus, bus
        return
    url = request.getfixturevalue("nats_url")
    tasks = Tasks()
    here, there = await NatsBus.open(url, tasks), await NatsBus.open(url, tasks)
    yield here, there
    await tasks.close()
    await here.close()
    await there.close()


async def test_hint_reaches_a_subscriber(pair: tuple[Bus, Bus]) -> None:
    here, there = pair
    with there.subscribe("desk") as hint:
        here.publish("desk")

        assert await hint.wait(PATIENCE_S) is True


async def test_hint_reaches_subscribers_of_its_topic_only(pair: tuple[Bus, Bus]) -> None:
    here, there = pair
    with there.subscribe("desk") as desk, there.subscribe("captions") as captions:
        here.publish("desk")

        assert await desk.wait(PATIENCE_S) is True
        assert await captions.wait(0) is False


async def test_publisher_hears_its_own_hints(pair: tuple[Bus, Bus]) -> None:
    here, _ = pair
    with here.subscribe("desk") as hint:
        here.publish("desk")

        assert await hint.wait(PATIENCE_S) is True


async def test_wait_without_a_hint_gives_false(pair: tuple[Bus, Bus]) -> None:
    _, there = pair
    with there.subscribe("desk") as hint:
        assert await hint.wait(0) is False


async def test_no_server_is_one_clear_sentence() -> None:
    url = f"nats://127.0.0.1:{free_port()}"

    with pytest.raises(Unavailable, match="MADOGUCHI_NATS_URL"):
        await NatsBus.open(url, Tasks())
