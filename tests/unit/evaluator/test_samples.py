"""Sample bitexts as organisers keep them."""

from __future__ import annotations

from io import BytesIO

import pytest

from evaluator import TestSetError
from evaluator.formats.samples import read_samples

ONE = [("A cup.", "Kubek.")]


def read(text: str, target_language: str = "pl") -> list[tuple[str, str]]:
    samples = read_samples(
        BytesIO(text.encode()),
        name="sample.json",
        source_language="en",
        target_language=target_language,
    )
    return [tuple(sample) for sample in samples]


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ('[{"en": "A cup.", "pl": "Kubek."}]', ONE),
        ('{"en": "A cup.", "pl": "Kubek."}', ONE),  # JSON lines of a line
        ('{"en": "A cup.", "pl": "Kubek."}\n\n{"en": "B\\nC", "pl": "D"}\n', [*ONE, ("B\nC", "D")]),
        ('\ufeff[{"source": "A cup.", "target": "Kubek.", "id": 7}]', ONE),
        ('[{"eng": "A cup.", "pol": "Kubek."}]', ONE),
        ('{"samples": [{"en": "A cup.",\n "pl": "Kubek."}], "documents": []}', ONE),
    ],
)
def test_samples_are_read(text, samples):
    assert read(text) == samples


def test_a_language_with_a_script_may_be_written_without():
    assert read('[{"en": "A cup.", "zh": "杯子"}]', "zh-Hant") == [("A cup.", "杯子")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "holds no sample"),
        ("", "is empty"),
        ("en\tpl", "not valid JSON"),
        ('["A cup."]', "Sample 1: It is not an object."),
        ('[{"en": "A cup."}]', 'Sample 1: There is no "pl".'),
        ('[{"en": "A cup.", "pl": "a"}, {"en": "A cup.", "pl": " "}]', 'Sample 2: "pl" is empty'),
        ('[{"en": "A cup.", "pl": ["a"]}]', '"pl" must be a string'),
        ('[{"en": "A", "eng": "B", "pl": "c"}]', r"has the source twice \(en, eng\)"),
        ('[{"en": "A", "pl": "\\ud800"}]', "half a surrogate pair"),
        ("[" * 5000, "nested too deeply"),
        ("[" + "1" * 5000 + "]", "too long"),
    ],
)
def test_what_is_no_sample_is_explained(text, fault):
    with pytest.raises(TestSetError, match=fault):
        read(text)
