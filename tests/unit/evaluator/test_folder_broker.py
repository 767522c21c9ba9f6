"""The broker that is a folder, with several processes at it."""

from __future__ import annotations

import multiprocessing
import time

import pytest
from kombu import Connection

from evaluator.node.brokers.folder_broker import (
    ADDRESS,
    Transport,
    folder_of,
    folder_options,
    is_folder,
    make_folders,
    use_folders_safely,
)

MESSAGES = 300  # of each who writes


@pytest.fixture
def connect(tmp_path):
    """Return a function that opens the folder's broker."""
    make_folders(tmp_path)
    return lambda: Connection(ADDRESS, transport_options=folder_options(tmp_path))


def write(connect):
    with connect() as connection, connection.SimpleQueue("work") as queue:
        for number in range(MESSAGES):
            queue.put({"number": number, "text": "x" * 2000})


def test_no_message_is_read_half_written(connect):
    use_folders_safely()
    writers = [multiprocessing.Process(target=write, args=[connect]) for _ in range(2)]
    found = []

    with connect() as connection, connection.SimpleQueue("work") as queue:
        assert isinstance(connection.transport, Transport)
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + 60
        while len(found) < 2 * MESSAGES and time.monotonic() < deadline:
            try:
                message = queue.get_nowait()
            except queue.Empty:
                continue
            found.append(message.payload["number"])
            message.ack()
        for writer in writers:
            writer.join()

    assert sorted(found) == sorted([*range(MESSAGES), *range(MESSAGES)])


def test_a_table_that_is_just_being_written_is_waited_for(connect, tmp_path):
    use_folders_safely()
    table = tmp_path / "control" / "work.exchange"
    table.write_text("")  # opened, and not written yet
    process = multiprocessing.Process(target=_write_later, args=[table])
    process.start()

    with connect() as connection:
        found = connection.default_channel.get_table("work")

    process.join()
    assert [one.queue for one in found] == ["work"]


def _write_later(path):
    time.sleep(0.3)
    path.write_text('[["", "", "work"]]')


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("filesystem:///srv/nodes", "/srv/nodes"),
        ("filesystem://localhost/srv/nodes", "/srv/nodes"),
        ("filesystem:///srv/nodes%20of%20Ann%C3%A9", "/srv/nodes of Anné"),
        ("redis://broker/0", None),
        ("amqp://files@broker/filesystem", None),
    ],
)
def test_an_address_names_its_folder(url, folder):
    assert is_folder(url) is (folder is not None)
    if folder:
        assert str(folder_of(url)) == folder
