"""The control channel: whole messages, descriptors with them, the end as news."""

import os
import socket

import pytest

from lunaroute.control import Control


@pytest.fixture
def ends():
    near, far = socket.socketpair()
    yield Control(near), Control(far)
    near.close()
    far.close()


async def test_messages_arrive_whole_and_in_order(ends, nursery):
    near, far = ends

    async def send_all() -> None:
        for number in range(50):
            await near.send("start", number=number, text="ü\n" * 5000)

    nursery.start_soon(send_all)
    for number in range(50):
        message = await far.receive()
        assert (message.op, message.values["number"]) == ("start", number)
        assert message.values["text"] == "ü\n" * 5000


async def test_descriptors_travel_with_their_message(ends):
    near, far = ends
    pipes = [os.pipe() for _ in range(3)]
    for number, (reading, _) in enumerate(pipes):
        await near.send("link", number=number, descriptors=[reading])
    await near.send("drain")
    for number, (_, writing) in enumerate(pipes):
        message = await far.receive()
        (got,) = message.descriptors
        os.write(writing, b"%d" % number)
        assert os.read(got, 10) == b"%d" % number
        assert not os.get_inheritable(got)
        os.close(got)
    assert (await far.receive()).descriptors == []
    for pair in pipes:
        for descriptor in pair:
            os.close(descriptor)


async def test_the_other_sides_end_is_none_and_sending_to_it_false(ends):
    near, far = ends
    near.close()
    assert await far.receive() is None
    assert await far.send("ready") is False
