"""Archives that are taken: every layout, what is said of the image, what is written of it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib

import pytest

from evaluator.container.archives import canonical, check_archive, sources, write_canonical
from evaluator.container.archives.sources import Cursor, FileSource, Section, Unzipped
from evaluator.container.archives.tar import entries
from tests.archives import LAYOUTS, Oci, SavedImage, digest, docker_manifest, member, oci, tar

TWICE = tar(member("data/model", b"weights" * 1000))
IMAGE = SavedImage((TWICE, tar(member("bin/system", b"#!")), TWICE))


def written_of(data, **options):
    target = io.BytesIO()
    found = write_canonical(io.BytesIO(data), target, **options)
    return target.getvalue(), found


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_image_and_the_same_bytes(layout, pack):
    data = pack(tar(*LAYOUTS[layout](IMAGE)))

    written, found = written_of(data)

    assert found == check_archive(io.BytesIO(data))
    assert found.image.id == IMAGE.id
    assert [layer.diff_id for layer in found.layers] == [digest(one) for one in IMAGE.layers]
    assert found.unpacked_bytes == sum(map(len, IMAGE.layers))
    assert found.archive_bytes == len(data)
    assert written == written_of(tar(*LAYOUTS["Podman"](IMAGE)))[0]


def test_what_is_written_holds_the_image_and_no_name():
    written, _ = written_of(tar(*LAYOUTS["Docker before 25"](IMAGE)))

    with tarfile.open(fileobj=io.BytesIO(written)) as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive}
        headers = {(one.mtime, one.uid, one.gid, one.uname, one.mode) for one in archive}
    layers = [f"{digest(one)[7:]}.tar" for one in IMAGE.layers]
    config = f"{IMAGE.id[7:]}.json"
    assert json.loads(files.pop("manifest.json")) == [docker_manifest(config, layers, None)]
    assert files.pop(config) == IMAGE.config
    assert files == dict(zip(layers, IMAGE.layers, strict=True))
    assert headers == {(0, 0, 0, "", 0o644)}


def test_layers_that_are_not_compressed_are_written_in_order():
    class InOrder(io.BytesIO):
        def seek(self, *place):
            raise AssertionError("it was written in order so far")

    target = InOrder()

    write_canonical(io.BytesIO(tar(*LAYOUTS["Docker before 25"](IMAGE))), target)

    assert target.getvalue() == written_of(tar(*oci(IMAGE)))[0]


def test_what_is_written_is_itself_an_archive_of_the_image():
    written, found = written_of(tar(*oci(IMAGE)))

    again, same = written_of(written)

    assert again == written
    assert same.image == found.image


def test_a_layer_of_more_than_eight_gigabytes_gets_a_header_of_one_block():
    header = canonical.header("x.tar", 50 * 1024**3)

    assert len(header) == 512
    entry = next(entries(Cursor(FileSource(io.BytesIO(header)))))
    assert (entry.name, entry.size) == ("x.tar", 50 * 1024**3)
    assert tarfile.TarInfo.frombuf(header, "utf-8", "strict").size == 50 * 1024**3


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_layers_may_be_written_by_any_tar(format):
    layer = tar(
        member("d/" * 40 + "a" * 90 if format == tarfile.USTAR_FORMAT else "d/" * 200 + "ä", b"x"),
        member("file"),
        member("hard", type=tarfile.LNKTYPE, linkname="file"),
        member("pipe", type=tarfile.FIFOTYPE),
        member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        format=format,
    )

    found = check_archive(io.BytesIO(tar(*oci(SavedImage((layer,))))))

    assert found.unpacked_bytes == len(layer)


def test_a_name_that_tar_writes_with_a_dot_before_it_is_the_same_name():
    members = LAYOUTS["Docker before 25"](IMAGE)
    for header, _ in members:
        header.name = f"./{header.name}"

    found = check_archive(io.BytesIO(tar(member("./", type=tarfile.DIRTYPE), *members)))

    assert found.image.id == IMAGE.id


def test_of_an_image_for_several_platforms_ours_is_taken():
    layout = Oci()
    arm = SavedImage(more={"architecture": "arm64"})
    nested = layout.index(
        [
            layout.attestation(),
            layout.manifest(arm, platform={"os": "linux", "architecture": "arm64"}),
            layout.manifest(IMAGE, platform={"os": "linux", "architecture": "amd64"}),
            # Docker saves what it has of an image: others are named only.
            {"digest": digest(b"?"), "platform": {"os": "linux", "architecture": "s390x"}},
        ]
    )

    found = check_archive(io.BytesIO(tar(*layout.members(nested))))

    assert found.image.id == IMAGE.id


def test_ours_is_taken_where_dockers_manifest_names_another_platform():
    layout = Oci(bytes)
    arm = SavedImage(more={"architecture": "arm64"})
    index = layout.index([layout.manifest(arm), layout.manifest(IMAGE)])
    names = [f"blobs/sha256/{digest(one)[7:]}" for one in arm.layers]
    named = [docker_manifest(f"blobs/sha256/{arm.id[7:]}", names)]
    manifest = member("manifest.json", json.dumps(named).encode())

    found = check_archive(io.BytesIO(tar(*layout.members(index), manifest)))

    assert found.image.id == IMAGE.id


def test_an_image_under_two_names_is_one_image():
    layout = Oci()
    one, two = layout.manifest(IMAGE), layout.manifest(IMAGE)

    found = check_archive(io.BytesIO(tar(*layout.members(one, two))))

    assert found.image.id == IMAGE.id


@pytest.mark.parametrize(
    ("user", "runs_as", "note"),
    [
        ("1000", "1000", None),
        ("1000:2000", "1000:2000", None),
        ("65534:65534", "65534:65534", None),
        ("", "65534:65534", "The image has no USER: the platform runs it as 65534:65534."),
        ("root", "65534:65534", "The image's USER is 'root': the platform"),
        ("0", "65534:65534", "The image's USER is '0': the platform"),
    ],
)
def test_it_says_as_whom_an_image_runs(user, runs_as, note):
    image = SavedImage(settings={"User": user, "Entrypoint": "/bin/system"})

    found = check_archive(io.BytesIO(tar(*oci(image))))

    assert found.image.runs_as == runs_as
    assert len(found.notes) == bool(note)
    assert not note or found.notes[0].startswith(note)


def test_a_file_with_holes_takes_what_it_takes_once_they_are_filled():
    header, data = member("holes", b"1\n0\n512\n".ljust(512, b"\0") + b"x" * 512)
    header.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "holes",
        "GNU.sparse.realsize": "1000000",
    }
    layer = tar((header, data))

    found = check_archive(io.BytesIO(tar(*oci(SavedImage((layer,))))))

    assert found.layers[0].tar_bytes == len(layer)
    assert found.unpacked_bytes == len(layer) + 1_000_000 - len(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_progress_goes_from_none_to_all_and_an_exception_of_it_ends_the_check(pack):
    data = pack(tar(*LAYOUTS["Docker before 25"](IMAGE)))
    shares: list[float] = []

    check_archive(io.BytesIO(data), on_progress=shares.append)

    assert shares == sorted(shares)
    assert shares[0] <= 0.5
    assert shares[-1] == 1

    def enough(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_archive(io.BytesIO(data), on_progress=enough)


def test_unpacked_bytes_can_be_read_from_any_place(monkeypatch):
    monkeypatch.setattr(sources, "PLACE_EVERY", 1000)
    monkeypatch.setattr(sources, "PACKED_CHUNK", 100)
    plain = b"".join(b"%d " % number for number in range(3000))
    packed = b"".join(gzip.compress(plain[n : n + 5000]) for n in range(0, len(plain), 5000))
    unzipped = Unzipped(
        Section(FileSource(io.BytesIO(b"xx" + packed + bytes(700))), 2, len(packed) + 700),
        len(plain),
        keep_places=True,
    )

    for start in (0, 13000, 5, 4999, len(plain) - 3, 0, 9000):
        assert unzipped.read_at(start, 3000) == plain[start : start + 3000]
    assert unzipped.read_at(len(plain), 10) == b""
    assert len(unzipped._places) > 10


def test_going_on_at_a_distant_place_does_not_unpack_what_lies_between(monkeypatch):
    monkeypatch.setattr(sources, "PLACE_EVERY", 100_000)
    plain = bytes(10_000_000)
    read: list[int] = []
    file = FileSource(io.BytesIO(gzip.compress(plain, 0)))
    unzipped = Unzipped(file, len(plain), keep_places=True)
    unzipped.read_at(len(plain), 1)
    file.on_read = read.append

    for place in (9_000_000, 1_000_000, 8_000_000):
        unzipped.read_at(place, 10)

    assert sum(read) < 1_000_000


def test_a_gzip_file_of_many_members_is_read_whole():
    layer = gzip.compress(IMAGE.layers[0])
    half = len(layer) // 2
    plain = zlib.decompress(layer, 31)

    packed = gzip.compress(plain[:half]) + gzip.compress(b"") + gzip.compress(plain[half:])

    found = check_archive(io.BytesIO(tar(*oci(SavedImage((plain,)), lambda _: packed))))
    assert found.layers[0].archive_bytes == len(packed)
