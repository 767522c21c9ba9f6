"""`terminarium check-image`: what it prints, and where."""

from __future__ import annotations

import gzip
import os

import pytest

from evaluator.cli import main
from tests.archives import SavedImage, member, oci, old_docker, tar


def test_it_says_what_an_image_is_and_how_it_will_run(tmp_path, capsys):
    path = tmp_path / "my.tar.gz"
    image = SavedImage(settings={"Cmd": ["/bin/system"]})
    path.write_bytes(gzip.compress(tar(*old_docker(image))))

    status = main(["check-image", str(path)])

    printed = capsys.readouterr()
    assert status == 0
    assert printed.out == (
        f"{path}: can be submitted ({image.id}, 1 layer, 0.009766 MB unpacked, "
        "runs as 65534:65534).\n"
    )
    assert printed.err == (
        "note: The image has no USER: the platform runs it as 65534:65534. Only numeric ids other "
        "than 0 are kept, such as USER 1000.\n"
    )


def test_it_tells_every_problem_on_standard_error(tmp_path, capsys):
    path = tmp_path / "my.tar"
    path.write_bytes(tar(*oci(SavedImage(settings={"Cmd": []})), member("/x"), member("/y")))

    status = main(["check-image", str(path), "--max-problems", "2"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    lines = printed.err.splitlines()
    assert [line.startswith(f"{path}: The archive's member '/") for line in lines[:2]] == [True] * 2
    assert lines[2:] == ["… and 1 more"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("nothing", "there is no such file"), (".", "this is a folder"), ("pipe", "this is a pipe")],
)
def test_what_can_not_be_read_is_named(tmp_path, capsys, name, words):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    keep_open = os.open(pipe, os.O_RDWR)

    status = main(["check-image", str(tmp_path / name)])

    os.close(keep_open)
    assert status == 1
    assert words in capsys.readouterr().err


def test_the_other_commands_still_want_their_languages(capsys):
    with pytest.raises(SystemExit):
        main(["validate", "--source", "x", "--hypotheses", "y", "--target-language", "xx-yy-zz"])

    assert "xx-yy-zz" in capsys.readouterr().err
