"""The process that scores: what it answers to what comes through its connection."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

from evaluator import Hypotheses, ScoringResult, Segment, TestSet, score
from evaluator.score_server import TEST_SETS_KEPT, WANTS_TEST_SET, Failed, Job, serve


class FakeConnection:
    """Gives what is to be received in turn, then is closed; keeps what was sent."""

    def __init__(self, *incoming):
        self._incoming = list(incoming)
        self.sent = []

    def recv(self):
        if not self._incoming:
            raise EOFError
        return self._incoming.pop(0)

    def send(self, value):
        self.sent.append(value)


def make_test_set(*references):
    segments = [
        Segment(str(number), "d", "source", (text,), (), ((),))
        for number, text in enumerate(references)
    ]
    return TestSet("en", "fr", tuple(segments))


def served(*incoming):
    connection = FakeConnection(*incoming)
    serve(connection)
    return connection.sent


TEXTS = ("un deux trois quatre", "cinq")
TEST_SET = make_test_set(*TEXTS)


def job(key="a", texts=TEXTS, lemmatiser="none"):
    return Job(key, Hypotheses(texts), lemmatiser)


def test_it_asks_for_a_test_set_once():
    sent = served(job(), TEST_SET, job(), job("b"), TEST_SET, job())

    asked = [answer == WANTS_TEST_SET for answer in sent]
    assert asked == [True, False, False, True, False, False]


def test_no_tokeniser_keeps_lines_of_hypotheses():
    chinese = replace(make_test_set("一二三四五六"), target_language="zh")

    served(job(), TEST_SET, job("b", ("一二三四",)), chinese)

    for tokeniser in (Tokenizer13a, TokenizerRegexp, TokenizerZh):
        assert tokeniser.__call__.cache_info().currsize == 0


def test_it_answers_with_the_evaluators_scores():
    [_, answer] = served(job(), TEST_SET)

    assert isinstance(answer, ScoringResult)
    assert answer.scores == score(TEST_SET, Hypotheses(TEXTS), lemmatiser="none").scores


@pytest.mark.parametrize(
    ("failing", "error"),
    [
        (job(texts=("one text for two segments",)), "MisalignedError"),
        (job(lemmatiser="unheard of"), "KeyError"),
        (job(texts=(None, None)), "Error"),
    ],
)
def test_an_error_is_an_answer_and_the_next_job_is_done(failing, error):
    [_, answer, after] = served(failing, TEST_SET, job())

    assert isinstance(answer, Failed)
    assert error in answer.traceback
    assert isinstance(after, ScoringResult)


def test_it_forgets_the_test_sets_that_were_not_used_for_longest():
    keys = [str(number) for number in range(TEST_SETS_KEPT + 1)]
    filled = [value for key in keys for value in (job(key), TEST_SET)]

    sent = served(*filled, job(keys[-1]), job(keys[0]), TEST_SET)

    assert sent[-3] != WANTS_TEST_SET  # the last one is there still
    assert sent[-2] == WANTS_TEST_SET


@pytest.mark.parametrize("incoming", [(), (job(),), (job(), TEST_SET)])
def test_it_ends_when_the_connection_is_closed_at_any_moment(incoming):
    served(*incoming)
