"""Sample bitexts: sentences with their translations that systems may learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from evaluator.errors import LanguageError, ProblemLog, TestSetError
from evaluator.formats.decoding import read_bytes
from evaluator.formats.json_lines import wrong_string
from evaluator.formats.limits import MAX_BYTES, Budget, Refused, require_few_marks
from evaluator.normalise import canonical_pair, find_tag, primary

EXAMPLE = '[{"en": "…", "pl": "…"}]'
SIDES = ("source", "target")


class Sample(NamedTuple):
    """A text and its translation."""

    source: str
    target: str


def read_samples(
    stream: BinaryIO,
    *,
    name: str,
    source_language: str,
    target_language: str,
    max_bytes: int = MAX_BYTES,
) -> tuple[Sample, ...]:
    """Return the samples of a JSON array of objects, or of JSON lines, in file order.

    An object's keys are the two languages (`en`, `pl`) or `source` and `target`; other keys are
    not read. An object with the key `samples` holds the array there. Texts are taken as they are
    and may hold line breaks. Raises TestSetError with all problems: no JSON, no sample, an object
    without one of its sides, an empty side.
    """
    log = ProblemLog(name)
    samples: list[Sample] = []
    try:
        pair = canonical_pair(source_language, target_language)
        data = read_bytes(stream, f"samples: {EXAMPLE}", max_bytes=max_bytes, name=name)
        require_few_marks(data, b"[{")
        budget = Budget()
        for number, value in enumerate(_list_values(data.decode()), 1):
            sample = _read_sample(value, pair)
            if isinstance(sample, str):
                log.add(f"Sample {number}: {sample} Write {EXAMPLE}.")
                continue
            budget.charge(*sample)
            samples.append(sample)
        if not samples and not log.total:
            log.add(f"The file holds no sample. Write {EXAMPLE}.")
    except LanguageError as error:
        log.add(str(error))
    except Refused as refused:
        log.add(refused.message, line=refused.line)
    log.raise_as(TestSetError)
    return tuple(samples)


def _list_values(text: str) -> Iterable[object]:
    """Return what the array or the lines hold. Raises Refused."""
    is_array = text.lstrip().startswith("[")
    try:
        value = json.loads(text) if is_array else [json.loads(row) for row in _list_rows(text)]
    except RecursionError:
        raise Refused("The file is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise Refused(f"The file is not valid JSON ({error.msg}). Write {EXAMPLE}.") from None
    except ValueError:  # a number of thousands of digits
        raise Refused("The file holds a number that is too long.") from None
    assert isinstance(value, list)
    if len(value) == 1 and isinstance(value[0], dict) and isinstance(value[0].get("samples"), list):
        return list(value[0]["samples"])
    return value


def _list_rows(text: str) -> list[str]:
    """Return the rows of JSON lines; an object over several lines is a single row."""
    rows = [row for row in text.split("\n") if row.strip()]
    return rows if all(row.lstrip().startswith("{") for row in rows) and len(rows) > 1 else [text]


def _read_sample(value: object, pair: tuple[str, str]) -> Sample | str:
    """Return a sample, or what is wrong with it."""
    if not isinstance(value, dict):
        return "It is not an object."
    texts = []
    for side, language in zip(SIDES, pair, strict=True):
        # A language's code, perhaps without its script or country.
        codes = {language, primary(language)}
        keys = [key for key in value if key == side or find_tag(key) in codes]
        if len(keys) > 1:
            return f"It has the {side} twice ({', '.join(keys)})."
        text = value[keys[0]] if keys else None
        fault = wrong_string(keys[0] if keys else language, text)
        if fault:
            return fault
        assert isinstance(text, str)
        if not text.strip():
            return f'"{keys[0]}" is empty.'
        texts.append(text)
    return Sample(*texts)
