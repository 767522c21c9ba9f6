"""The test sets that are measured: the demo's five pairs, three of TICO-19, WMT21's sample."""

from __future__ import annotations

import random
from pathlib import Path

from evaluator import Hypotheses, TestSet, align, read_hypotheses, read_test_set
from evaluator.formats.terminologies import read_terminology

DEMO = Path(__file__).resolve().parents[2] / "platform/demo/data"
DEMO_PAIRS = ("en-fr", "en-ko", "en-zh", "en-ru", "cs-de")
TICO_LISTS = {"en-fr": "f_en-fr_XX", "en-zh": "f_en-zh_CN", "en-ru": "f_en-ru_RU"}
WMT21_FILES = "dev.en-fr.en.sgm", "dev.en-fr.fr.sgm", "en-fr.dev.txt.truecased.sgm"


def read_pair(pair: str, text: Path, terms: Path) -> TestSet:
    source, target = pair.split("-")
    with terms.open("rb") as stream:
        listed = read_terminology(
            stream, terms.name, source_language=source, target_language=target
        )
    with text.open("rb") as stream:
        return read_test_set(
            source=stream,
            source_language=source,
            target_language=target,
            text_form=None,
            terminology=listed.terminology,
        )


def read_demo(pair: str) -> TestSet:
    return read_pair(pair, DEMO / f"{pair}.tsv", DEMO / f"{pair}.terms.tsv")


def read_tico(shared_data: Path, pair: str) -> TestSet:
    folder = shared_data / "tico19"
    terms = folder / "terminologies" / f"{TICO_LISTS[pair]}.csv"
    return read_pair(pair, folder / "text" / f"test.{pair}.tsv", terms)


def read_wmt21(shared_data: Path) -> tuple[TestSet, Hypotheses]:
    paths = [shared_data / "wmt21-en-fr" / name for name in WMT21_FILES]
    with paths[0].open("rb") as source, paths[1].open("rb") as reference:
        test_set = read_test_set(
            source=source, references=[reference], source_language="en", target_language="fr"
        )
    with paths[2].open("rb") as stream:
        return test_set, align(read_hypotheses(stream, "hypotheses"), test_set)


def disturb(test_set: TestSet, seed: int) -> Hypotheses:
    """Return references with words left out and halves exchanged; characters in Chinese."""
    chance = random.Random(seed)
    joint = "" if test_set.target_language.startswith("zh") else " "
    texts = []
    for segment in test_set.segments:
        words = segment.references[0].split() if joint else list(segment.references[0])
        words = [word for word in words if chance.random() > 0.1]
        middle = int(len(words) * chance.random())
        texts.append(joint.join([*words[middle:], *words[:middle]]))
    return Hypotheses(tuple(texts))
