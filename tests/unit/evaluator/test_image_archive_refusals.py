"""Archives that are refused: each with a sentence that names the place and the remedy."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import pytest

from evaluator.container.archives import (
    ArchiveLimits,
    check_archive,
    config,
    layers,
    members,
    tar,
    write_canonical,
)
from evaluator.container.archives.sources import Cursor, FileSource
from evaluator.errors import ImageError, SubmissionError
from tests.archives import (
    LAYOUTS,
    Oci,
    SavedImage,
    digest,
    docker_manifest,
    folder,
    link,
    member,
    new_docker,
    oci,
    old_docker,
    podman,
)
from tests.archives import tar as make_tar

IMAGE = SavedImage()
ZSTD = b"\x28\xb5\x2f\xfd"


def problems(data, **limits):
    """Return the messages about an archive that is refused."""
    with pytest.raises(ImageError) as caught:
        check_archive(io.BytesIO(data), "my.tar", limits=ArchiveLimits(**limits))
    assert {problem.file for problem in caught.value.problems} == {"my.tar"}
    assert isinstance(caught.value, SubmissionError)
    return [problem.message for problem in caught.value.problems]


def only_problem(data, **limits):
    found = problems(data, **limits)
    assert len(found) == 1, found
    return found[0]


def in_layer(*contents, pack=bytes):
    """Return an archive with these layers."""
    return make_tar(*oci(SavedImage(contents), pack))


def with_config(**more):
    return make_tar(*oci(SavedImage(more=more)))


def with_settings(**settings):
    return make_tar(*oci(SavedImage(settings={"Cmd": ["sh"], **settings})))


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x", "y")
    return stream.getvalue()


EXPORTED = make_tar(
    *map(folder, ("bin/", "dev/", "etc/", "usr/")),
    link("bin/sh", "/bin/busybox"),
    member("dev/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
)

BINARY = make_tar(member("model", bytes(range(256)) * 40))
AS_TEXT = BINARY.decode(errors="replace").replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The archive is empty. Give what `docker save --output FILE.tar IMAGE` writes."),
        (zipped(), "The file is a zip archive, not an image. Give what `docker save"),
        (b"# my system\nFROM debian\n", "The file is a Dockerfile. Build an image of it."),
        ("# Übersetzer\nARG X=1\nFROM debian\n".encode(), "The file is a Dockerfile."),
        (b"Hello, this is my system.\n" * 50, "The file is a text file, not an image."),
        (b"\x7fELF" + bytes(range(256)) * 40, "The file is no tar archive."),
        (bytes(4096), "The file is no tar archive."),
        (b"hsqs" + bytes(4096), "The file is an image of Apptainer or Singularity."),
        (ZSTD + bytes(99), "a Zstandard archive, which can't be read here. Unpack it with `zstd"),
        (lzma.compress(EXPORTED), "Unpack it with `xz -d`"),
        (bz2.compress(EXPORTED), "Unpack it with `bzip2 -d`"),
        (gzip.compress(gzip.compress(EXPORTED)), "compressed twice by gzip. Compress it once."),
        (gzip.compress(b"text"), "The file is a text file"),
        (gzip.compress(b""), "The archive is empty."),
        (EXPORTED, "as `docker export` writes them, without what makes them an image. Give what"),
        (make_tar(folder(".dockerenv")), "as `docker export` writes them"),
        (make_tar(member("repositories"), folder("ab/")), "by Docker before 1.10"),
        (
            "\ufeffFROM x".encode("utf-16-le"),
            "in UTF-16, as PowerShell's `>` writes it. Use `docker",
        ),
        (b"\xff\xfe" + EXPORTED.decode("latin-1").encode("utf-16-le"), "PowerShell's `>`"),
        (b"\xfe\xff\0m\0a", "PowerShell's `>`"),
        (gzip.compress(b"\xff\xfem\0a\0"), "PowerShell's `>`"),
        (b"\xef\xbb\xbf" + EXPORTED, "changed the file as if it were text"),
        (AS_TEXT, "PowerShell's `>` or a text transfer changed the file"),
        (b"version https://git-lfs.github.com/spec/v1\noid x\n", "Fetch the file: `git lfs pull`."),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "is a web page, not an image."),
        (b"  <html lang='ko'>\n\xeb\xa1\x9c", "is a web page, not an image."),
        (b'{"schemaVersion": 2}\n', "is a JSON document"),
        (b"services:\n  mt:\n    image: x\n", "is a text file"),
        (b"QFI\xfb" + bytes(4096), "is an image of a whole machine"),
        (b"\xed\xab\xee\xdb" + bytes(4096), "is a package"),
        (make_tar(member("my-system.tar", EXPORTED)), "holds another archive, 'my-system.tar'."),
        (make_tar(folder("x"), member("x/layer.tar", b"x")), "or its end is missing."),
        (make_tar(folder("x"), member("x/a.tar.gz", b"x")), "holds another archive, 'x/a.tar.gz'."),
        (make_tar(folder("my"), member("my/index.json", b"{}")), "in a folder, 'my'. Pack what"),
        (make_tar(*(member(f"a/{m[0].name}", m[1]) for m in old_docker(IMAGE))), "a folder, 'a'."),
        (make_tar(member("Dockerfile", b"FROM x"), member("run.py")), "what an image is built of"),
        (make_tar(member("my.txt")), "neither a manifest.json nor an index.json"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_is_no_archive_of_an_image_is_called_by_its_name(data, words):
    assert words in only_problem(data)


def test_a_container_of_many_files_is_known_as_one():
    files = [member(f"usr/{number}") for number in range(members.MAX_MEMBERS)]

    data = make_tar(*map(folder, ("bin/", "dev/", "etc/")), *files)

    assert "docker export" in only_problem(data)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_archive_that_is_cut_off_is_refused_wherever_that_is(layout, pack):
    plain = make_tar(*LAYOUTS[layout](IMAGE))
    data = pack(plain)

    whole = len(plain.rstrip(b"\0")) if pack is bytes else len(data)
    for size in (*range(0, whole, 97), whole - 1):
        assert problems(data[:size])
    assert check_archive(io.BytesIO(data))


def test_a_cut_is_called_one():
    data = make_tar(*podman(IMAGE))

    assert "The archive is cut off: its end is missing. Save" in only_problem(data[:2000])
    packed = gzip.compress(data)
    assert "The archive is cut off: its end is missing. Save" in only_problem(packed[:-30])
    assert "is no gzip file to its end" in only_problem(packed[:10] + b"\xff" * 40)


def test_a_damaged_header_is_named_by_its_place():
    data = bytearray(make_tar(*podman(IMAGE)))
    data[512 * 21 + 3] ^= 1

    assert "is damaged: what stands before byte 11,264 is no tar header" in only_problem(data)


@pytest.mark.parametrize(
    ("hostile", "words"),
    [
        (member("/etc/passwd"), "has a name that leads out of the archive"),
        (member("a/../../b"), "has a name that leads out of the archive"),
        (member("x\n\x1b[2J"), "has a name with characters that can't be shown"),
        (member("n" * 401), "has a name of more than 400 characters"),
        (link("a/layer.tar", "/etc/passwd"), "is a link that leads out of the archive"),
        (link("a/layer.tar", "../../x"), "is a link that leads out of the archive"),
        (link("a/layer.tar", "../b"), "is a link to 'b', which is no file of the archive"),
        (link("a", "a"), "is a link to 'a', which is no file of the archive"),
        (link("a", ""), "is a link that leads out"),
        (member("a", type=tarfile.LNKTYPE, linkname="manifest.json"), "is neither a plain file"),
        (member("a", type=tarfile.FIFOTYPE), "is neither a plain file nor a folder"),
        (member("a", type=tarfile.CHRTYPE, devmajor=1, devminor=3), "is neither a plain file"),
        (member("manifest.json", b"[]"), "'manifest.json' is there twice"),
        (member("./manifest.json", b"[]"), "'./manifest.json' is there twice"),
        (link("manifest.json", "oci-layout"), "'manifest.json' is there twice"),
    ],
    ids=lambda value: value[0].name[:20] if isinstance(value, tuple) else "",
)
def test_hostile_members_are_refused(hostile, words):
    found = only_problem(make_tar(*old_docker(IMAGE), hostile))

    assert words in found
    assert found.startswith("The archive's member '")
    assert found.endswith("Save the image again with `docker save` and send that file as it is.")
    assert found.isprintable()


def test_links_in_a_ring_end():
    data = make_tar(*old_docker(IMAGE), link("a", "b"), link("b", "a"))

    assert len(problems(data)) == 2


def test_there_are_not_more_members_than_any_image_needs():
    files = [member(f"blobs/{number}") for number in range(members.MAX_MEMBERS)]

    assert "more than 4,096 files" in only_problem(make_tar(*new_docker(IMAGE), *files))


def test_all_problems_that_cost_nothing_to_find_are_told_at_once():
    image = SavedImage(settings={"Volumes": {"/proc": {}}}, layers=())

    found = problems(make_tar(member("/x"), *oci(image)))

    assert [text.split(" ")[0:3] for text in found] == [
        ["The", "archive's", "member"],
        ["The", "image", "has"],
        ["The", "image", "has"],
    ]


def test_two_images_are_one_too_many():
    other = SavedImage(settings={"Cmd": ["other"]})
    layout = Oci()
    first, second = podman(IMAGE), podman(other)
    names = [f"{digest(IMAGE.layers[0])[7:]}.tar"]
    listed = [docker_manifest(f"{one.id[7:]}.json", names) for one in (IMAGE, other)]
    both = [
        *first[:-1],
        *(one for one in second if one[0].name == f"{other.id[7:]}.json"),
        member("manifest.json", json.dumps(listed).encode()),
    ]

    assert "holds 2 images. Save one image only: `docker save" in only_problem(make_tar(*both))
    indexed = layout.members(layout.manifest(IMAGE), layout.manifest(other))
    assert "holds 2 images for linux/amd64. Save one" in only_problem(make_tar(*indexed))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_platform_is_named_with_the_remedy(layout):
    data = make_tar(*LAYOUTS[layout](SavedImage(more={"architecture": "arm64"})))

    if layout.startswith("Docker with") or layout.startswith("Docker 25"):
        # The index there says that it is for ours.
        assert "The archive has linux/arm64 only: build for linux/amd64" in only_problem(data)
    else:
        assert only_problem(data).startswith(
            "The archive has linux/arm64 only: build for linux/amd64, "
            "with `docker build --platform linux/amd64`."
        )


def test_an_index_of_other_platforms_alone_names_them():
    layout = Oci()
    listed = [
        {"digest": digest(b"a"), "platform": {"os": os, "architecture": machine}}
        for os, machine in (("windows", "amd64"), ("linux", "arm64"))
    ]

    data = make_tar(*layout.members(layout.index(listed), layout.attestation()))

    assert "The archive has linux/arm64, windows/amd64 only: build for" in only_problem(data)


@pytest.mark.parametrize(
    ("os", "machine", "shown"),
    [
        ("\x1b]0;PWN\x07", "x" * 100_000, f"�]0;PWN�/{'x' * 39}…"),
        ("y" * 100_000, "\u202e", f"{'y' * 39}…/�"),
        ("\u2028", "\x9b2J", "�/�2J"),
        ("", "arm64", "unknown/arm64"),
    ],
)
def test_a_platform_is_shown_short_and_without_commands(os, machine, shown):
    layout = Oci()
    listed = [{"digest": digest(b"a"), "platform": {"os": os, "architecture": machine}}]

    data = make_tar(*layout.members(layout.index(listed)))

    assert f"The archive has {shown} only: build for" in only_problem(data)


def test_a_platform_that_is_named_but_not_there_is_to_be_fetched():
    layout = Oci()
    arm = layout.manifest(
        SavedImage(more={"architecture": "arm64"}),
        platform={"os": "linux", "architecture": "arm64"},
    )
    ours = {"digest": digest(b"?"), "platform": {"os": "linux", "architecture": "amd64"}}

    found = only_problem(make_tar(*layout.members(layout.index([arm, ours]))))

    assert found.startswith("The archive names an image for linux/amd64, but does not hold it.")
    assert "`docker pull --platform linux/amd64`" in found


@pytest.mark.parametrize(
    ("name", "document", "words"),
    [
        ("manifest.json", b"{", "The archive's manifest.json is not valid JSON. Save"),
        ("manifest.json", b"\xff\xfe[\0]\0", "manifest.json is not valid JSON"),
        ("manifest.json", b"[" * 100_000, "manifest.json is not valid JSON"),
        ("manifest.json", b"[" + b"9" * 5000 + b"]", "manifest.json is not valid JSON"),
        ("manifest.json", b"{}", "where there should be a list of objects"),
        ("manifest.json", b"[]", "The archive holds no image."),
        ("manifest.json", b'[{"Config": 3}]', "where there should be a text"),
        ("manifest.json", b'[{"Config": "x"}]', "has no 'x', which its manifest names"),
        ("manifest.json", b'[{"Config": "../x"}]', "has no '../x'"),
        ("manifest.json", b'[{"Layers": "x"}]', "where there should be a list of texts"),
        ("manifest.json", b'[{"Config": "x", "Config": "y"}]', "names something twice"),
        ("manifest.json", b"[" + b"{}," * 1000 + b"{}]", "a list of more than 1000 entries"),
        ("manifest.json", b" " * 4_200_000, "has more than 4,194,304 bytes, the limit"),
        ("index.json", b"[]", "The archive's index.json holds something else"),
        ("index.json", b'{"manifests": [{"digest": "sha256:x"}]}', "is no SHA-256 digest"),
        ("index.json", b'{"manifests": [{"digest": "../../x"}]}', "is no SHA-256 digest"),
        ("index.json", b'{"manifests": []}', "The archive holds no image."),
    ],
)
def test_a_manifest_that_means_nothing_is_refused(name, document, words):
    assert words in only_problem(make_tar(member(name, document)))


def test_an_index_may_not_lead_on_for_ever():
    layout = Oci()
    deep = layout.manifest(IMAGE)
    for _ in range(10):
        deep = layout.index([deep])
    wide = [layout.index([], number=number) for number in range(3)]
    many = [layout.blob(b'{"manifests": [], "n": %d}' % n, "index.v1+json") for n in range(200)]

    assert "an index in an index" in only_problem(make_tar(*layout.members(deep)))
    assert "no image" in only_problem(make_tar(*layout.members(*wide)))
    assert "more than 100 manifests" in only_problem(make_tar(*layout.members(*many)))


def test_a_blob_that_is_not_what_its_name_says_is_refused():
    layout = Oci()
    descriptor = layout.manifest(IMAGE)
    layout.blobs[IMAGE.id] = IMAGE.config.replace(b"system", b"s1stem")

    assert f"blobs/sha256/{IMAGE.id[7:]}' is damaged" in only_problem(
        make_tar(*layout.members(descriptor))
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_settings(Cmd=None), "neither an ENTRYPOINT nor a CMD, so there is nothing to run"),
        (with_settings(Cmd=[], Entrypoint=[]), "neither an ENTRYPOINT nor a CMD"),
        (with_settings(Volumes={f"/{n}": {} for n in range(101)}), "more than 100 volumes"),
        (with_settings(Volumes={"/a": {}, "//proc/x": {}}), "declares a volume at /proc/x"),
        (make_tar(*oci(SavedImage(()))), "The image has no layers"),
        (with_settings(user="0"), "holds 'user' for 'User'"),
        (with_settings(**{"uſer": "0"}), "holds 'uſer' for 'User'"),
        (with_config(Architecture="arm64"), "holds 'Architecture' for 'architecture'"),
        (with_config(config=3), "where there should be an object"),
        (with_settings(Env="A=b"), "is not what the engine takes: Env holds something else"),
        (with_settings(Entrypoint=[1]), "is not what the engine takes: Entrypoint holds"),
        (with_settings(Labels={"a": 1}), "is not what the engine takes: Labels holds"),
        (with_settings(Tty="yes"), "Tty holds something else where there should be true or false"),
        (with_settings(StopTimeout=1.5), "StopTimeout holds something else"),
        (with_settings(Healthcheck={"Interval": "1s"}), "Healthcheck holds something else"),
        (with_config(created="yesterday"), "created holds something else where there should be a"),
        (with_config(created="2026-13-01T00:00:00Z"), "created holds something else"),
        (with_config(history=[{}, {}]), "has a history of more layers than there are"),
        (with_config(history=[{"empty_layer": 1}]), "empty_layer holds something else"),
        (with_config(rootfs={"diff_ids": [digest(b"")]}), "does not say that the image is made"),
        (with_config(rootfs={"type": "layers", "diff_ids": ["sha256:x"]}), "is no SHA-256 digest"),
        (with_config(rootfs={"type": "layers"}), "names 1 layers, the image's configuration 0"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_configuration_that_can_not_be_run_is_refused(data, words):
    assert any(words in problem for problem in problems(data))


def test_the_engine_takes_so_many_layers_and_no_more():
    layer = make_tar(member("x"))
    most = config.MAX_LAYERS

    check_archive(io.BytesIO(make_tar(*podman(SavedImage([layer] * most)))))
    found = only_problem(make_tar(*podman(SavedImage([layer] * (most + 1)))))

    assert found.startswith("The image has 126 layers; the engine can take 125. Join some RUN")


def test_a_layer_that_is_missing_is_named():
    found = podman(IMAGE)

    data = make_tar(*(one for one in found if not one[0].name.endswith(".tar")))

    assert "Layer 1 of 1, '" in only_problem(data)
    assert "is not in the archive. Save the image again" in only_problem(data)


def test_every_layer_that_is_damaged_is_named():
    good = make_tar(member("a", b"x" * 100))
    layout = Oci(bytes)
    image = SavedImage((good, good + b"\0" * 512, make_tar(member("b"))))
    layout.manifest(image)
    for number in (0, 2):
        name = digest(image.layers[number])
        layout.blobs[name] = layout.blobs[name].replace(b"ustar", b"ustas", 1)
    names = [f"blobs/sha256/{digest(one)[7:]}" for one in image.layers]
    manifest = docker_manifest(f"blobs/sha256/{image.id[7:]}", names)

    found = problems(
        make_tar(*layout.members(), member("manifest.json", json.dumps([manifest]).encode()))
    )

    assert len(found) == 2
    assert found[0].startswith("Layer 1 of 3 is damaged: what stands before byte 512 is no tar")
    assert found[1].startswith("Layer 3 of 3 is damaged")


def test_a_layer_with_another_content_than_its_digest_says_is_refused():
    image = SavedImage()
    names = ["other.tar"]
    manifest = json.dumps([docker_manifest("c.json", names)]).encode()

    found = only_problem(
        make_tar(
            member("c.json", image.config),
            member("other.tar", make_tar(member("x"))),
            member("manifest.json", manifest),
        )
    )

    assert found.startswith(
        f"Layer 1 of 1 is damaged: its content is not that of {digest(image.layers[0])}"
    )


def header(kind, size=0, name=b"x", **fields):
    """Return a tar header that no library would write."""
    block = bytearray(tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT))
    block[:100] = name.ljust(100, b"\0")
    block[156:157] = kind
    block[124:136] = fields.get("size_field", b"%011o\0" % size)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


END = bytes(1024)
RECORD = b"12 path=abc\n"


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (header(b"S") + END, "an entry of the kind 'S', which the engine can't unpack. Build the"),
        (header(b"7") + END, "of the kind '7'"),
        (header(b"V") + END, "of the kind 'V'"),
        (
            make_tar(member("dev/sda", type=tarfile.BLKTYPE, devmajor=8)),
            "'dev/sda', a device (8:0)",
        ),
        (make_tar(member("m", type=tarfile.CHRTYPE, devmajor=1, devminor=1)), "a device (1:1)"),
        (make_tar(member("m", type=tarfile.BLKTYPE, devmajor=1, devminor=3)), "a device (1:3)"),
        (header(b"0", 5000) + END, "is cut off: its end is missing"),
        (header(b"0")[:300], "is cut off: its end is missing"),
        (header(b"x", len(RECORD)) + RECORD.ljust(512, b"\0"), "is cut off"),
        (header(b"x", 2**21) + END, "an extended header of more than 1,048,576 bytes"),
        (header(b"L", 2**21) + END, "an extended header of more than 1,048,576 bytes"),
        (header(b"g") * 9 + END, "an entry with more than 8 extended headers"),
        (header(b"x", 4) + b"abcd".ljust(512, b"\0") + END, "is damaged: what stands before"),
        (header(b"x", 9) + b"99 size=1".ljust(512, b"\0") + END, "is damaged"),
        (header(b"x", 10) + b"10 size=x\n".ljust(512, b"\0") + header(b"0") + END, "is damaged"),
        (header(b"x", 11) + b"11 size=-1\n".ljust(512, b"\0") + header(b"0") + END, "is damaged"),
        (header(b"0", size_field=b"\xff" * 12) + END, "is damaged"),
        (header(b"0", size_field=b"\x80" + b"\x7f" * 11) + END, "is damaged"),
        (header(b"0", size_field=b"0x10_0\0\0\0\0\0\0") + END, "is damaged"),
        (bytes(512) + header(b"0") + END, "is damaged"),
        (make_tar(member("x")) + bytes(2**20 + 1), "more than 1,048,576 bytes behind its end"),
        (ZSTD + bytes(600), "is a Zstandard archive, which not every engine can read. Save the"),
        (b"PK\x03\x04" + bytes(600), "is a zip archive"),
    ],
)
def test_layers_that_the_engine_can_not_unpack_are_refused(layer, words):
    found = only_problem(in_layer(layer))

    assert found.startswith("Layer 1 of 1 ")
    assert words in found


@pytest.mark.parametrize(
    ("pack", "words"),
    [
        (lambda data: gzip.compress(data)[:-20], "is cut off: its end is missing"),
        (lambda data: gzip.compress(data) + b"junk", "is damaged: it is no gzip file to its end"),
        (lambda data: gzip.compress(gzip.compress(data)), "is cut off"),
        (lambda data: gzip.compress(data)[:50] + b"\xff" * 50, "is damaged"),
    ],
)
def test_a_gzip_layer_that_is_damaged_is_refused(pack, words):
    found = only_problem(in_layer(IMAGE.layers[0], pack=pack))

    assert found.startswith(f"Layer 1 of 1 {words}")


def test_sizes_are_limited_and_the_place_is_named():
    layer = make_tar(member("x", b"x" * 3_000_000))
    data = in_layer(layer, pack=gzip.compress)
    twice = in_layer(layer, layer, pack=gzip.compress)

    assert check_archive(io.BytesIO(data), limits=ArchiveLimits(unpacked=len(layer)))
    assert "unpacks to more than 2 MB, the limit, which is reached in layer 1 of 1. Make" in (
        only_problem(data, unpacked=2 * 2**20)
    )
    assert "reached in layer 2 of 2" in only_problem(twice, unpacked=2 * len(layer) - 1)
    assert check_archive(io.BytesIO(twice), limits=ArchiveLimits(unpacked=2 * len(layer)))
    assert only_problem(in_layer(layer), archive=2**20).startswith(
        "The archive has 2.881 MB, and 1 MB is the limit. Make the image smaller."
    )


def test_an_archive_packed_as_a_whole_is_limited_too(monkeypatch):
    monkeypatch.setattr(members, "OVERHEAD", 2**20)
    data = gzip.compress(make_tar(member("junk", bytes(4 * 2**20)), *podman(IMAGE)))

    assert "The archive unpacks to more than 2 MB, the limit." in only_problem(
        data, unpacked=2 * 2**20
    )


def test_holes_count_as_what_they_unpack_to():
    file, data = member("holes", b"0\n".ljust(512, b"\0"))
    file.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": str(60 * 1024**3),
    }

    assert "unpacks to more than 50 GB" in only_problem(in_layer(make_tar((file, data))))


def test_files_and_extended_headers_of_layers_are_counted(monkeypatch):
    monkeypatch.setattr(layers, "MAX_FILES", 10)
    monkeypatch.setattr(layers, "MAX_RECORDS", 8)
    long_names = [member(f"{number}{'x' * 200}") for number in range(9)]

    assert "more than 10 files in its layers" in only_problem(
        in_layer(*(make_tar(*(member(f"{name}{n}") for n in range(6))) for name in "ab"))
    )
    folders = make_tar(member("a/b/c/d/e/f/g/h/i/j/k"))
    assert "more than 10 files in its layers" in only_problem(in_layer(folders))
    assert "more than 8 long names" in only_problem(in_layer(make_tar(*long_names)))


def test_what_was_written_for_a_refused_archive_is_no_archive():
    target = io.BytesIO()
    with pytest.raises(ImageError):
        write_canonical(io.BytesIO(in_layer(header(b"S") + END)), target)

    with pytest.raises(ImageError):
        check_archive(io.BytesIO(target.getvalue()))


def test_a_header_without_data_has_none_whatever_its_size_says():
    folder_with_size = header(b"5", 10**9) + END
    old_folder = header(b"\0", 10**9, name=b"d/") + END

    assert check_archive(io.BytesIO(in_layer(folder_with_size)))
    assert check_archive(io.BytesIO(in_layer(old_folder)))


def test_checksums_of_signed_bytes_are_taken():
    block = bytearray(header(b"0", name="ä".encode()))
    block[148:156] = b" " * 8
    signed = sum(byte - 256 * (byte > 127) for byte in block)
    block[148:156] = b"%06o\0 " % signed

    assert check_archive(io.BytesIO(in_layer(bytes(block) + END)))


def test_the_walk_agrees_with_tarfile_on_ordinary_archives():
    files = [member("a" * n, b"x" * n) for n in range(1, 300, 7)]
    for format in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        data = make_tar(*files, format=format)

        found = list(tar.entries(Cursor(FileSource(io.BytesIO(data)))))

        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            wanted = [(one.name, one.size, one.offset_data) for one in archive]
        assert [(one.name, one.size, one.start) for one in found] == wanted
