"""A system's standard output: valid in any order and any pieces; hostile ones in bounds."""

from __future__ import annotations

import json
import random
import time

import pytest

from evaluator.container.output import OutputReader
from evaluator.errors import PROBLEMS_KEPT

IDS = ("a", "b", "c")


def reader(ids=IDS, *, source="word", max_bytes=1_000_000, max_line_bytes=100_000, quote=False):
    return OutputReader(
        ids,
        sources=[source] * len(ids),
        max_bytes=max_bytes,
        max_line_bytes=max_line_bytes,
        quote=quote,
    )


def line(id, text="x", **more):
    return json.dumps({"id": id, "translation": text, **more}, ensure_ascii=False).encode() + b"\n"


GOOD = line("c", "drei") + line("a", "eins é 😀") + line("b", "")


def problems(output):
    return [(problem.line, problem.message) for problem in output.log.problems]


def test_lines_in_any_order_become_texts_in_ours():
    output = reader()
    output.feed(GOOD)
    output.finish()

    assert problems(output) == []
    assert output.translations == ("eins é 😀", "", "drei")
    assert output.lines == (2, 3, 1)
    assert output.done == 3


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_pieces_of_any_size_are_the_same(size):
    output = reader()
    for start in range(0, len(GOOD), size):
        output.feed(GOOD[start : start + size])
    output.finish()

    assert output.translations == ("eins é 😀", "", "drei")


@pytest.mark.parametrize(
    "data",
    [
        GOOD.removesuffix(b"\n"),  # the last line's end may be missing
        GOOD.replace(b"\n", b"\r\n"),
        GOOD + b"\n\n  \n",  # a few empty lines at the end
        GOOD.replace(b'"x"', b' "x" '),
        line("c") + line("a", "1", score=0.5, id2=None) + line("b"),  # further keys
    ],
)
def test_harmless_differences_are_allowed(data):
    output = reader()
    output.feed(data)
    output.finish()

    assert problems(output) == []
    assert output.done == 3


@pytest.mark.parametrize(
    ("data", "number", "words"),
    [
        (b"Loading the model ...\n" + GOOD, 1, "not valid JSON"),
        (GOOD + b"done\n", 4, "not valid JSON"),
        (b'["a", "x"]\n' + GOOD, 1, "no JSON object"),
        (b'"a"\n' + GOOD, 1, "no JSON object"),
        (b"\n" + GOOD, 1, "The line is empty"),
        (b"\xff\xfe\n" + GOOD, 1, "Byte 1 of the line is not UTF-8"),
        (b"\xef\xbb\xbf" + GOOD, 1, "not valid JSON"),
        (b"\0" * 100 + b"\n" + GOOD, 1, "not valid JSON"),
        (b"[" * 90_000 + b"\n" + GOOD, 1, "nested too deeply"),
        (b'{"a": ' * 15_000 + b"\n" + GOOD, 1, "nested too deeply"),
        (b'{"id": ' + b"1" * 50_000 + b"}\n" + GOOD, 1, "a number that is too long"),
        (b'{"id": "a", "id": "b", "translation": ""}\n' + GOOD, 1, "A key stands twice"),
        (b'{"translation": "x"}\n' + GOOD, 1, 'There is no "id"'),
        (b'{"id": 1, "translation": "x"}\n' + GOOD, 1, '"id" must be a string'),
        (b'{"id": "a"}\n' + GOOD, 1, 'There is no "translation"'),
        (b'{"id": "a", "translation": null}\n' + GOOD, 1, 'There is no "translation"'),
        (b'{"id": "a", "translation": ["x"]}\n' + GOOD, 1, '"translation" must be a string'),
        (line("a", "one\ntwo") + GOOD, 1, "holds a line break"),
        (line("a", "one\rtwo") + GOOD, 1, "holds a line break"),
        (line("a", "nul \0") + GOOD, 1, "NUL"),
        (b'{"id": "a", "translation": "\\ud800"}\n' + GOOD, 1, "surrogate"),
        (line("a", "word " * 4_004) + GOOD, 1, "is too long: 4 times its source plus 20,000"),
        (GOOD + line("a"), 4, "stands in line 2 already"),
        (GOOD + line("d"), 4, "none of those that were read"),
        (GOOD + line(""), 4, "none of those that were read"),
        (GOOD + line("x" * 2000), 4, "longer than 1,000 characters"),
        (GOOD + b"x" * 100_001 + b"\n", 4, "more than 100,000 bytes"),
        (GOOD + b"x" * 100_001, 4, "more than 100,000 bytes"),
        (line("a") + line("c"), None, "1 of 3 segments have no translation"),
        (b"", None, "3 of 3 segments have no translation"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data, number, words):
    output = reader()
    output.feed(data)
    output.finish()

    assert problems(output)[0][0] == number
    assert words in problems(output)[0][1]


@pytest.mark.parametrize("letter", ["x", "é", "药", "혈"])
def test_a_text_is_measured_by_its_source_as_in_a_file(letter):
    most = 20_016 // len(letter.encode())  # 4 times the source's 4 bytes, and 20,000

    output = reader(quote=True)
    output.feed(line("a", letter * most) + line("b", letter * (most + 1)))

    assert [number for number, _ in problems(output)] == [2]
    assert "20,016 are allowed: 4 times its source" in problems(output)[0][1]


def test_a_message_about_a_blind_text_does_not_say_how_long_it_is():
    output = reader()
    output.feed(line("a", "x" * 20_017) + line("b", "x" * 25_000))

    assert problems(output)[0][1] == problems(output)[1][1]
    assert "is too long: 4 times its source plus 20,000 bytes" in problems(output)[0][1]


def test_texts_together_are_measured_by_all_sources():
    ids = [str(number) for number in range(20)]
    output = reader(ids)  # 4 times 80 bytes, and 100,000
    for id in ids[:6]:
        output.feed(line(id, "x" * 20_000))

    assert output.is_over
    assert "more bytes than 4 times all sources plus 100,000" in problems(output)[0][1]
    assert problems(output)[0][0] == 6


def test_all_that_is_wrong_is_said_at_once():
    output = reader()
    output.feed(b"hello\n" + line("a") + line("a") + line("z"))
    output.finish()

    assert [number for number, _ in problems(output)] == [1, 3, 4, None]


@pytest.mark.parametrize(
    "data",
    [
        b"secret\n",
        b'{"secret": 1, "secret": 2}\n',
        b'{"id": "secret", "translation": ""}\n',
        b'{"id": "a", "translation": "secret\\n"}\n',
        b"secret \xff\n",
    ],
)
def test_a_blind_run_repeats_nothing_that_the_system_wrote(data):
    silent, quoting = reader(), reader(quote=True)
    for output in (silent, quoting):
        output.feed(data)
        output.finish()

    assert "secret" not in "".join(map(str, silent.log.problems))
    assert not any(problem.segment for problem in silent.log.problems)
    assert not any(word in str(silent.log.problems[-1]) for word in ("(a", "b, c"))
    assert "secret" in "".join(map(str, quoting.log.problems))


def test_a_quotation_is_short_and_printable():
    output = reader(quote=True)
    output.feed(b"\x1b[31m" + b"y" * 5000 + b"\n")

    [problem] = output.log.problems
    assert "\x1b" not in problem.message
    assert len(problem.message) < 600


def test_nothing_is_looked_at_after_a_limit():
    output = reader(max_bytes=len(GOOD))
    output.feed(GOOD)
    assert not output.is_over

    output.feed(b"{")
    output.feed(b"}\nrubbish\n" * 1000)
    output.finish()

    assert output.is_over
    assert len(problems(output)) == 1
    assert f"more than {len(GOOD):,} bytes" in problems(output)[0][1]


def test_the_number_of_problems_is_a_limit_too():
    output = reader()
    output.feed(b"x\n" * 100_000)

    assert output.is_over
    assert output.log.total == PROBLEMS_KEPT


def test_so_is_the_number_of_empty_lines():
    output = reader()
    output.feed(b"\n" * 100_000)

    assert output.is_over
    assert output.log.total == PROBLEMS_KEPT


def test_texts_may_not_take_more_memory_than_a_check_of_files_allows():
    ids = [str(number) for number in range(2000)]
    output = reader(ids, source="a" * 30_000, max_bytes=10**9)
    for id in ids:
        output.feed(line(id, "a" * 30_000 + "😀"))

    assert output.is_over
    assert "more memory than a check may use" in problems(output)[0][1]


@pytest.mark.parametrize(
    "unit",
    [b"\n", b"x\n", b"{}\n", b" " * 999 + b"\n", line("a"), b"[" * 900 + b"\n", b"x" * 100_000],
)
def test_sixty_four_megabytes_of_anything_take_little_time(unit):
    output = reader(max_bytes=64 * 1024 * 1024)
    piece = unit * (65536 // len(unit) + 1)

    started = time.process_time()
    for _ in range(64 * 1024 * 1024 // len(piece)):
        output.feed(piece)
    output.finish()

    assert time.process_time() - started < 5


def test_random_bytes_are_problems_and_no_exceptions():
    chance = random.Random(1)
    for _ in range(200):
        output = reader(quote=bool(chance.getrandbits(1)))
        data = bytearray(GOOD * 3)
        for _ in range(chance.randrange(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        output.feed(bytes(data))
        output.finish()

        assert output.log.total
