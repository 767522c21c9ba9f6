"""What a language code decides."""

from __future__ import annotations


def primary(language: str) -> str:
    """The primary subtag in lower case: `zh` of `zh-Hans`."""
    return language.replace("_", "-").split("-", 1)[0].lower()


def sacrebleu_tokeniser(language: str) -> str:
    """Name sacrebleu's tokeniser for a target language (metrics.md section 2)."""
    return {"zh": "zh", "ko": "ko-mecab"}.get(primary(language), "13a")
