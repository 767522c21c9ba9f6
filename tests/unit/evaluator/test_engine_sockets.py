"""The engine's socket: an engine that is not there leaves no open sockets behind."""

from __future__ import annotations

import gc
import socket

import pytest

from evaluator.container import engine
from evaluator.container.errors import EngineUnavailableError


def list_open_sockets():
    # Not by isinstance, which asks the objects: a lazy object of Django would ask the database.
    sockets = [thing for thing in gc.get_objects() if issubclass(type(thing), socket.socket)]
    return {id(unix) for unix in sockets if unix.family == socket.AF_UNIX and unix.fileno() >= 0}


@pytest.mark.parametrize("path", ["/nowhere/engine.sock", "/dev/null", "/"])
def test_a_socket_that_does_not_connect_is_closed_at_once(monkeypatch, path):
    monkeypatch.setattr(engine, "_require_listener", lambda *_: None)  # it goes away just then
    before = list_open_sockets()

    with pytest.raises(EngineUnavailableError) as caught:
        engine.Engine.connect(f"unix://{path}")

    assert caught.value  # its traceback still holds every frame
    assert list_open_sockets() <= before
