"""Images in which no container starts are refused, ordinary ones are not: tables of both."""

from __future__ import annotations

import io

import pytest

from evaluator.container.archives import check_archive, tree, unpacking
from evaluator.container.archives.programs import list_scripts
from evaluator.errors import ImageError
from tests import image_cases
from tests.archives import folder, link, member, podman, tar
from tests.image_cases import LAYERS, LEGAL, PLACES

BASE = tar(folder("bin"), member("bin/sh", mode=0o755), link("bin/cat", "sh"))
REFUSED = PLACES | LAYERS


def check(case):
    return check_archive(io.BytesIO(tar(*podman(case.image(BASE, ["/bin/cat"])))))


def in_volume(*command, **settings):
    """Return an image whose program is in a volume of its own."""
    program = member("app/run", b"#!/bin/sh\n", mode=0o755)
    return image_cases.volume("/app", folder("app"), program, Cmd=list(command), **settings)


@pytest.mark.parametrize("name", LEGAL)
def test_an_ordinary_image_is_taken(name):
    assert check(LEGAL[name])


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_place_and_the_remedy(name):
    with pytest.raises(ImageError) as caught:
        check(REFUSED[name])

    message = caught.value.problems[0].message
    assert REFUSED[name].words in message
    assert message.isprintable()
    assert message.endswith(".")
    assert ". " in message


def test_every_place_that_is_wrong_is_told_at_once():
    members = [member("data"), link("w", "w"), folder("etc/hosts"), member("run", b"#!x\r\n")]
    case = image_cases.one(*members, Volumes={"/data": {}}, WorkingDir="/w", Cmd=["/run"])

    with pytest.raises(ImageError) as caught:
        check(case)

    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (LEGAL["a WORKDIR in /tmp"], "The WORKDIR '/tmp/x' is in /tmp, which is empty in a run"),
        (LEGAL["a WORKDIR in a volume"], "The WORKDIR '/data/x' is in /data, which is empty"),
        (LEGAL["/var/run to a missing /run"], "VOLUME /run/x works everywhere."),
        (LEGAL["merged /usr, a volume"], "VOLUME /usr/lib/x works everywhere."),
        (in_volume("/app/run"), "'/app/run', which is in /app. That is an empty directory"),
        (in_volume("./run", WorkingDir="/app"), "so the program is not there. Put it elsewhere"),
        (in_volume("sh", "-c", "/app/run --fast"), "elsewhere, or remove that VOLUME."),
        (in_volume("tini", "--", "run", Env=["PATH=/bin:/app"]), "'/app/run', which is in /app."),
        (
            image_cases.one(member("tmp/run", mode=0o755), Cmd=["/tmp/run"]),
            "'/tmp/run', which is in /tmp. That is an empty directory",
        ),
    ],
)
def test_what_starts_on_some_nodes_only_is_a_note(case, words):
    assert any(words in note for note in check(case).notes)


def test_layers_are_applied_again_where_an_image_has_one_twice():
    file, removed = tar(member("tmp")), tar(member(".wh.tmp"))

    assert check(image_cases.Case((file, removed)))
    with pytest.raises(ImageError, match="The image's /tmp is a file"):
        check(image_cases.Case((file, removed, file)))


def test_links_beyond_what_is_kept_are_followed_no_more(monkeypatch):
    monkeypatch.setattr(tree, "MAX_LINK_BYTES", 20)
    many = [link(f"l{number}", "bin/sh") for number in range(9)]

    assert check(image_cases.one(*many))
    with pytest.raises(ImageError, match="its symbolic links form a loop"):
        check(image_cases.one(*many, WorkingDir="/l8"))


def test_the_tree_of_a_large_image_is_the_same_as_a_dictionary():
    small = tree.Tree()
    small.layer = 1
    names = [b"%d" % (number * 7919 % 10_007) for number in range(10_007)]
    for name in names:
        small.put([b"d", name], tree.FileKind.FILE, flags=unpacking.EXPLICIT)

    assert all(small.here([b"d", name]).kind is tree.FileKind.FILE for name in names)
    assert small.here([b"d", b"x"]).kind is tree.FileKind.MISSING


DOWN_AND_UP = "d/../" * 810
DEEP = "/".join(["d"] * 1900)


def chain(length, padding):
    return [folder("d"), *(link(f"l{n}", f"{padding}l{n + 1}") for n in range(length))]


# Images whose paths take far more steps than they have bytes, and how many steps one may take.
LONG_WAYS = {
    "files through links that climb": [
        *chain(10, DOWN_AND_UP), link("l10", "d"), *(member(f"l0/{n}") for n in range(90)),
    ],
    "files through links of slashes": [
        *chain(30, "/" * 4000), link("l30", "d"), *(member(f"l0/{n}") for n in range(90)),
    ],
    "hard links through links": [
        *chain(10, DOWN_AND_UP), link("l10", "d"), member("d/x"),
        *(member(f"x{n}", type=b"1", linkname="l0/x") for n in range(90)),
    ],
    "whiteouts through links": [
        *chain(10, DOWN_AND_UP), link("l10", "d"), *(member(f"l0/.wh.{n}") for n in range(90)),
    ],
    "deep folders below a link": [
        folder(DEEP), link("l", "d"), *(member(f"l/{DEEP[4:]}/{n}") for n in range(90)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", LONG_WAYS)
def test_links_that_make_long_ways_are_refused_after_a_bounded_number_of_steps(name, monkeypatch):
    monkeypatch.setattr(tree, "MAX_STEPS", 200_000)
    looks = []
    here = tree.Tree.here
    monkeypatch.setattr(tree.Tree, "here", lambda *args: looks.append(1) or here(*args))

    with pytest.raises(ImageError, match=r"links lead through too many folders\. .* layer 2"):
        check(image_cases.one(*LONG_WAYS[name]))

    assert len(looks) < 201_000


@pytest.mark.parametrize("name", ["through 39 links", "through volumes"])
def test_places_through_links_that_make_long_ways_are_refused(name, monkeypatch):
    looks = []
    at = tree.Tree.at
    monkeypatch.setattr(tree.Tree, "at", lambda *args: looks.append(1) or at(*args))
    links = [*chain(39, DOWN_AND_UP), link("l39", "d")]
    volumes = {f"/l0/{n}": {} for n in range(60)} if name == "through volumes" else {}
    if volumes:
        monkeypatch.setattr(tree, "MAX_STEPS", 200_000)

    with pytest.raises(ImageError, match=r"too many folders"):
        check(image_cases.one(*links, WorkingDir="/l0/x", Volumes=volumes))

    assert len(looks) < 201_000


def test_one_path_through_39_long_links_is_refused_at_once():
    links = [*chain(39, DOWN_AND_UP), link("l39", "d")]

    assert check(image_cases.one(*links))
    with pytest.raises(ImageError, match="a path that leads through too many folders and links"):
        check(image_cases.one(*links, member("l0/x")))


def test_ordinary_links_of_a_layer_cost_next_to_nothing(monkeypatch):
    monkeypatch.setattr(tree, "MAX_STEPS", 10_000)
    many = [folder("usr"), folder("usr/lib"), link("lib", "usr/lib"), link("lib64", "lib")]

    assert check(image_cases.one(*many, *(member(f"lib64/{n}") for n in range(1000))))


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (["/run", "x"], ["/run"]),
        (["run"], ["/opt/run", "/app/bin/run"]),
        (["./run"], ["/app/./run"]),
        (["/bin/bash", "/run"], ["/run"]),
        (["/bin/bash", "-eu", "-o", "pipefail", "/run"], ["/run"]),
        (["/bin/sh", "-c", "exec /run --x"], ["/run"]),
        (["/bin/sh", "-ec", "/run"], ["/run"]),
        (["/bin/sh", "-c"], []),
        (["/tini", "-g", "--", "/run"], ["/run"]),
        (["/usr/bin/env", "A=b", "/run"], ["/run"]),
        (["/usr/bin/python3", "/app/run"], []),  # reads CR LF itself
        (["", "/run"], ["/run"]),
        ([], []),
        (["/bin/sh"] * 100 + ["/run"], []),  # not for ever
    ],
)
def test_which_files_a_command_executes(command, found):
    paths = list(list_scripts(command, "/app", ["PATH=/opt:bin"]))

    assert [path for path in paths if path.endswith("run")] == found
