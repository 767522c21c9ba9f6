"""Which images a node keeps, with an engine that is a dictionary; real ones are tried elsewhere."""

from __future__ import annotations

import pytest

from evaluator.container import EngineError
from evaluator.container.engine import Engine, Stored
from evaluator.container.errors import ImageUnavailableError
from evaluator.node.errors import StopError
from evaluator.node.machine.image_cache import ImageCache
from evaluator.node.machine.ledger import Ledger
from evaluator.node.protocol.client import Platform
from evaluator.node.protocol.run_assignment import read_assignment
from tests.containers import make_segments
from tests.fake_platform import TOKEN


class FakeEngine:
    """An archive is the id of its image; each has ten bytes."""

    def __init__(self) -> None:
        self.kept: dict[str, Stored] = {}
        self.in_use: set[str] = set()
        self.failure: Exception | None = None

    def stored(self, name):
        return self.kept.get(name)

    def images(self):
        return frozenset(self.kept)

    def load(self, archive, *, check):
        content = []
        for chunk in archive:
            check()
            content.append(chunk)
        if self.failure:
            raise self.failure
        id = b"".join(content).decode()
        self.kept[id] = Stored(id, (), 10)
        return (id,)

    def remove_image(self, id, *, force=False):
        if id in self.in_use:
            return False
        return self.kept.pop(id, None) is not None

    def close(self):
        pass


@pytest.fixture
def engine(monkeypatch):
    engine = FakeEngine()
    monkeypatch.setattr(Engine, "connect", lambda **options: engine)
    return engine


@pytest.fixture
def make_images(platform, tmp_path):
    return lambda: ImageCache(Platform(platform.url, TOKEN), tmp_path, budget=25)


@pytest.fixture
def fetch(platform):
    def fetch(images, letter, *, check=lambda: None):
        run = platform.add(
            make_segments(1), digest=id_of(letter), archive=id_of(letter).encode(), unpacked=10
        )
        source = read_assignment(run.claim).image
        images.fetch(source, check=check, wait=lambda seconds: None)

    return fetch


def id_of(letter):
    return "sha256:" + 64 * letter


def test_an_image_is_fetched_once(platform, engine, make_images, fetch):
    images = make_images()

    fetch(images, "a")
    fetch(images, "a")
    fetch(make_images(), "a")

    assert list(engine.kept) == [id_of("a")]
    assert len(platform.asked("image")) == 1


def test_the_image_with_the_oldest_use_makes_room(engine, make_images, fetch):
    images = make_images()

    for letter in "abac":
        fetch(images, letter)

    assert set(engine.kept) == {id_of("a"), id_of("c")}


def test_what_the_owner_brought_or_took_is_left_alone(engine, make_images, fetch):
    images = make_images()
    engine.kept[id_of("f")] = Stored(id_of("f"), (), 10)
    for letter in "fab":
        fetch(images, letter)
    engine.kept[id_of("a")] = Stored(id_of("a"), ("theirs:1",), 10)

    fetch(images, "c")
    fetch(images, "d")

    assert set(engine.kept) == {id_of(letter) for letter in "facd"}


def test_an_image_in_use_stays(engine, make_images, fetch):
    images = make_images()
    for letter in "ab":
        fetch(images, letter)
    engine.in_use = {id_of("a")}

    fetch(images, "c")
    assert set(engine.kept) == {id_of("a"), id_of("c")}

    engine.in_use = {id_of("a"), id_of("c")}
    with pytest.raises(ImageUnavailableError, match="NODE_IMAGE_BUDGET"):
        fetch(images, "d")


def test_what_the_owner_removed_takes_no_room(engine, make_images, fetch):
    images = make_images()
    for letter in "ab":
        fetch(images, letter)
    engine.kept.clear()

    fetch(images, "c")
    fetch(images, "d")

    assert set(engine.kept) == {id_of("c"), id_of("d")}


def test_an_image_whose_loading_could_not_be_stopped_is_ours(engine, make_images, fetch):
    def check():
        if id_of("a") in engine.kept:
            raise StopError

    load = engine.load

    def go_too_far(archive, *, check):
        load(archive, check=lambda: None)
        check()

    engine.load = go_too_far
    images = make_images()
    with pytest.raises(StopError):
        fetch(images, "a", check=check)
    engine.load = load

    for letter in "bc":
        fetch(images, letter)

    assert set(engine.kept) == {id_of("b"), id_of("c")}


def test_a_killed_node_leaves_no_archive(engine, make_images, tmp_path):
    make_images()
    (tmp_path / "archives" / "left").write_bytes(b"half of it")

    make_images()

    assert list((tmp_path / "archives").iterdir()) == []


def test_an_archive_that_cant_be_loaded_is_removed_and_said(engine, make_images, fetch, tmp_path):
    engine.failure = EngineError("load: no space left on device")
    images = make_images()

    with pytest.raises(ImageUnavailableError, match="no space left on device"):
        fetch(images, "a")

    assert list((tmp_path / "archives").iterdir()) == []


def test_an_engine_that_goes_away_while_loading_is_told_apart(
    engine, make_images, fetch, monkeypatch
):
    engine.failure = EngineError("load: connection reset")
    images = make_images()

    def fail():
        raise EngineError("list: connection refused")

    calls = iter([engine.images, engine.images, fail])
    monkeypatch.setattr(engine, "images", lambda: next(calls)())

    with pytest.raises(EngineError) as raised:
        fetch(images, "a")

    assert not isinstance(raised.value, ImageUnavailableError)


def test_the_ledger_survives_and_is_in_the_order_of_use(tmp_path):
    path = tmp_path / "images.json"
    ledger = Ledger(path)
    for id in ("a", "b", "c"):
        ledger.note(id, 10)
    ledger.note("a", 12)
    ledger.forget("b")

    found = Ledger(path).kept

    assert list(found) == ["c", "a"]
    assert found["a"].size == 12
    assert [one.name for one in tmp_path.iterdir()] == ["images.json"]


@pytest.mark.parametrize("content", ["", "[]", '{"images": {"a": 1}}', '{"images": [1]}', "\0"])
def test_a_ledger_that_is_broken_removes_nothing(tmp_path, caplog, content):
    path = tmp_path / "images.json"
    path.write_text(content)

    assert not Ledger(path).kept
    assert "can't be read" in caplog.text
