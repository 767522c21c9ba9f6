"""Archives through a real engine: saved by it, checked and written anew, loaded by it."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import pytest

from evaluator.container import MB, Limits, Outcome, run
from evaluator.container.archives import ImageArchive, check_archive, write_canonical
from evaluator.container.archives.config import MAX_LAYERS
from tests.archives import LAYOUTS, SavedImage, member, oci, old_docker, podman, tar
from tests.containers import COPY, EN_FR, Images, make_segments

# The limit of layers is the engine's own, and so is what it makes of odd layers.
LOADABLE = {
    "as many layers as may be": [tar(member(f"{number}")) for number in range(MAX_LAYERS)],
    "the same layer twice": [tar(member("x"))] * 2,
    "layers without a file": [bytes(1024), bytes(1024)],
    "no end of a layer": [tar(member("x", b"x"))[:1024]],
    "every kind of entry": [
        tar(
            member("f/" * 150 + "f", b"x"),
            member("hard", type=b"1", linkname="f/" * 150 + "f"),
            member("soft", type=b"2", linkname="/etc/passwd"),
            member("null", type=b"3", devmajor=1, devminor=3),
            member("folder", type=b"5"),
            member("pipe", type=b"6"),
        )
    ],
}


@pytest.fixture
def loaded(images: Images) -> Iterator[list[str]]:
    """Collect the ids of images to be removed."""
    ids: list[str] = []
    yield ids
    for one in ids:
        images.client.remove_image(one, force=True)


def intake(data: bytes) -> tuple[bytes, ImageArchive]:
    target = io.BytesIO()
    found = write_canonical(io.BytesIO(data), target)
    return target.getvalue(), found


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_saved_image_comes_back_under_its_id_without_a_name(images, engine_address, pack):
    name = images.make(COPY, "USER 1000", name="terminarium-tests-system")
    data = pack(images.save("terminarium-tests-system"))
    images.client.remove_image(name, force=True)

    written, found = intake(data)

    assert found.image.id == name
    assert found.image.runs_as == "1000"
    assert images.load(written) == [f"Loaded image ID: {name}"]
    assert images.client.inspect_image(name)["RepoTags"] == []
    limits = Limits(wall_time=60, memory=128 * MB, tmp=MB, shared_memory=MB)
    ended = run(name, make_segments(10), EN_FR, limits, address=engine_address)
    assert ended.outcome is Outcome.OK


def test_an_archive_that_claims_the_name_of_another_image_leaves_that_alone(images, loaded):
    theirs = images.make(COPY, name="terminarium-tests-theirs")
    attack = SavedImage()
    data = tar(*old_docker(attack, "terminarium-tests-theirs"))

    written, found = intake(data)
    images.load(written)

    loaded.append(found.image.id)
    assert images.client.inspect_image("terminarium-tests-theirs")["Id"] == theirs
    assert images.client.inspect_image(attack.id)["RepoTags"] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_loaded_as_the_same_image(images, loaded, layout):
    image = SavedImage((tar(member("a")), tar(member("b")), tar(member("a"))))

    written, _ = intake(tar(*LAYOUTS[layout](image)))

    assert images.load(written) == [f"Loaded image ID: {image.id}"]
    loaded.append(image.id)


@pytest.mark.parametrize("layers", LOADABLE.values(), ids=LOADABLE)
def test_what_is_taken_can_be_loaded(images, loaded, layers):
    image = SavedImage(layers)

    written, _ = intake(tar(*podman(image)))

    assert images.load(written) == [f"Loaded image ID: {image.id}"]
    loaded.append(image.id)


@pytest.mark.slow
def test_the_engine_itself_takes_no_more_layers_than_we_do(images):
    layers = [tar(member(f"{number}")) for number in range(MAX_LAYERS + 1)]

    assert images.load(tar(*podman(SavedImage(layers)))) == ["max depth exceeded"]


@pytest.mark.slow
def test_a_file_with_holes_is_as_large_in_the_engine_as_it_was_counted(images, loaded):
    header, data = member("holes", b"1\n0\n512\n".ljust(512, b"\0") + b"x" * 512)
    sizes = {"major": "1", "minor": "0", "name": "holes", "realsize": str(MB)}
    header.pax_headers = {f"GNU.sparse.{key}": value for key, value in sizes.items()}
    image = SavedImage((tar((header, data)),))

    written, found = intake(tar(*oci(image)))
    images.load(written)

    loaded.append(image.id)
    assert images.client.inspect_image(image.id)["Size"] == MB
    assert MB <= found.unpacked_bytes < 2 * MB


def test_the_engines_own_archive_has_no_note_or_fault(images):
    name = images.make(COPY, "USER 1000:1000")

    assert check_archive(io.BytesIO(images.save(name))).notes == ()
