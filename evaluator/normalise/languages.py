"""What a language code decides, and which codes there are.

Which languages, scripts and regions exist, and which codes stand for others, comes from IANA's
registry and CLDR by way of `langcodes`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import langcodes
from language_data.population_data import LANGUAGE_SPEAKING_POPULATION

from evaluator.errors import LanguageError
from evaluator.normalise.language_hints import REFUSED, explain_code

MAX_LENGTH = 20  # characters; the platform keeps no longer code
MAX_CODE = 50  # characters of a file's language code that are looked at
_FORM = re.compile(
    r"""(?P<language>[a-z]{2,3}) (-(?P<script>[a-z]{4}))? (-(?P<region>[a-z]{2}|[0-9]{3}))?
    (?P<variants>(-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)""",
    re.VERBOSE | re.ASCII,
)
# Where CLDR says something else than shared tasks, corpora and lemmatisers: Filipino for Tagalog,
# which simplemma knows by its own code; two codes of FLORES for a language's largest variety; the
# codes that stay for the languages of REFUSED.
_OURS = {"tl": "tl", "tgl": "tl", "quy": "qu", "pbt": "ps"} | {
    code: refused.instead for refused in REFUSED.values() for code in refused.codes
}
# Codes of the registry that name no language: none, several, unknown, not linguistic, and those
# for private use (qaa to qtz).
_NO_LANGUAGE = re.compile(r"und|mul|mis|zxx|q[a-t][a-z]")
# Where dictionaries and rules have another code. Norwegian is nearly always Bokmål, also to CLDR.
_IN_DICTIONARIES = {"no": "nb"}
_WORDS = frozenset({"src"})  # in names of files; the code is a variety of Sardinian


def canonical(code: str) -> str:
    """Return a language's code as BCP 47 writes it: `zh-CN` for `zh_cn`, `fr` for `fra` or `fre`.

    Codes of ISO 639-2 and 639-3 become the code of two letters where it exists. Raises
    LanguageError for what is not a code, for a language, script or region that does not exist,
    and for `kr` and `tw`, which nearly always stand for Korean and for Chinese as written in
    Taiwan; its text names the code that was probably meant.
    """
    given = code.strip()
    tag = find_tag(given)
    if tag is None:
        raise LanguageError(explain_code(given))
    return tag


def find_tag(code: str) -> str | None:
    """Return what `canonical` does, or None where that raises."""
    if len(code) > MAX_LENGTH:
        return None
    return _find_tag(code.strip().replace("_", "-").lower())


@lru_cache(maxsize=1024)
def _find_tag(code: str) -> str | None:
    match = _FORM.fullmatch(code)
    if match is None or match["language"] in REFUSED or not is_known(match["language"]):
        return None
    script, region = (match["script"] or "").title(), (match["region"] or "").upper()
    rest = "-".join(part for part in (script, region, match["variants"].strip("-")) if part)
    if not rest:
        return primary(code)
    if not langcodes.tag_is_valid(f"und-{rest}"):
        return None
    # Old codes of scripts and regions become those of today: UK is GB.
    rest = langcodes.standardize_tag(f"und-{rest}").removeprefix("und-")
    tag = langcodes.Language.get(f"{primary(code)}-{rest}", normalize=False)
    return tag.simplify_script().to_tag()  # without the script that goes without saying: fra_Latn


def canonical_pair(source: str, target: str) -> tuple[str, str]:
    """Return both codes as `canonical` does; raises LanguageError if the languages are the same.

    `zh-Hans` and `zh-Hant` are two; `en` and `en-US` are not.
    """
    source, target = canonical(source), canonical(target)
    if f"{source}-".startswith(f"{target}-") or f"{target}-".startswith(f"{source}-"):
        raise LanguageError(
            f"Source and target language are the same: {source!r} and {target!r}. "
            "Name the language that is translated from, and the one that is translated into."
        )
    return source, target


def are_different(code: str, other: str) -> bool:
    """Return whether two codes name two known languages; regions and scripts do not count."""
    first, second = primary(code), primary(other)
    return first != second and is_known(first) and is_known(second)


def contradicts(code: str, expected: str) -> bool:
    """Return whether a language code in a file is another language than expected.

    Regions and scripts do not count (`zh-CN` is `zh`), nor does what is not the code of a widely
    used language: `any`, nothing, or the name of a language say nothing against it.
    """
    code = code[:MAX_CODE]
    return is_widely_used(code) and are_different(code, expected)


def is_known(code: str) -> bool:
    """Return whether a code of two or three letters is a language's."""
    if not re.fullmatch("[a-z]{2,3}", code) or _NO_LANGUAGE.fullmatch(code):
        return False
    return langcodes.tag_is_valid(code)


def is_widely_used(code: str) -> bool:
    """Return whether CLDR counts a language's speakers, or it has a code of two letters.

    Of the 8,000 codes of three letters most are never meant where files and their names say
    `any`, `src`, `tgt` or `run`.
    """
    language = re.split("[-_]", code.strip().lower(), maxsplit=1)[0]
    if not is_known(language) or language in _WORDS:
        return False
    return len(primary(language)) == 2 or language in LANGUAGE_SPEAKING_POPULATION


def primary(language: str) -> str:
    """Return the language of a code, in lower case: `zh` of `zh-Hans`, `zho` and `cmn`.

    What is not a language's code comes back as it is.
    """
    return _primary(language.strip().replace("_", "-").split("-", 1)[0].lower())


@lru_cache(maxsize=1024)
def _primary(code: str) -> str:
    if code in _OURS or not is_known(code):
        return _OURS.get(code, code)
    plain = langcodes.standardize_tag(code)
    whole = langcodes.standardize_tag(code, macro=True)  # Arabic for Standard Arabic
    return next((tag for tag in (whole, plain) if len(tag) == 2), code)


def dictionary_code(language: str) -> str:
    """Return the code under which dictionaries know a language: `nb` of `no` and `nor`."""
    code = primary(language)
    return _IN_DICTIONARIES.get(code, code)


def sacrebleu_tokeniser(language: str) -> str:
    """Name sacrebleu's tokeniser for a target language (docs/metrics.md 2)."""
    return {"zh": "zh", "ko": "ko-mecab"}.get(primary(language), "13a")
