"""What a language code decides, and which codes there are."""

from __future__ import annotations

import re
from difflib import get_close_matches

from evaluator.errors import LanguageError, printable
from evaluator.normalise.language_codes import ALIASES, CODES, COUNTRIES, NAMES

SHOWN = 40  # characters of a code in a message
MAX_LENGTH = 20  # characters; the platform keeps no longer code
_FORM = re.compile(
    r"""(?P<language>[a-z]{2,3}) (-(?P<script>[a-z]{4}))? (-(?P<region>[a-z]{2}|[0-9]{3}))?
    (?P<variants>(-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)""",
    re.VERBOSE | re.ASCII,
)


def canonical(code: str) -> str:
    """Return a language's code as BCP 47 writes it: `zh-CN` for `zh_cn`, `fr` for `fra` or `fre`.

    Codes of ISO 639-2 and 639-3 become the one of two letters where there is one. Raises
    LanguageError for what is no code, and for a language that isn't known here, with the nearest
    one that is.
    """
    given = code.strip()
    match = _FORM.fullmatch(given.replace("_", "-").lower())
    language = primary(given)
    if match and language in CODES and len(given) <= MAX_LENGTH:
        script, region = match["script"] or "", match["region"] or ""
        parts = (language, script.title(), region.upper(), match["variants"].lstrip("-"))
        return "-".join(part for part in parts if part)
    raise LanguageError(_what_is_wrong(given, language, is_formed=bool(match)))


def canonical_pair(source: str, target: str) -> tuple[str, str]:
    """Return both codes as `canonical` does; raises LanguageError if one language is the other.

    `zh-Hans` and `zh-Hant` are two; `en` and `en-US` are not.
    """
    source, target = canonical(source), canonical(target)
    if f"{source}-".startswith(f"{target}-") or f"{target}-".startswith(f"{source}-"):
        raise LanguageError(
            f"Source and target language are the same: {source!r} and {target!r}. "
            "Name the language that is translated from, and the one that is translated into."
        )
    return source, target


def are_different(one: str, other: str) -> bool:
    """Whether two codes name two languages known here; regions and scripts don't count."""
    first, second = primary(one), primary(other)
    return first != second and first in CODES and second in CODES


def primary(language: str) -> str:
    """The language of a code, in lower case: `zh` of `zh-Hans`, `zho` and `cmn`."""
    code = language.strip().replace("_", "-").split("-", 1)[0].lower()
    return ALIASES.get(code, code)


def sacrebleu_tokeniser(language: str) -> str:
    """Name sacrebleu's tokeniser for a target language (metrics.md section 2)."""
    return {"zh": "zh", "ko": "ko-mecab"}.get(primary(language), "13a")


def _what_is_wrong(code: str, language: str, *, is_formed: bool) -> str:
    shown = repr(printable(code, SHOWN))
    is_odd = language in CODES or not (is_formed or code.isalpha())
    near = None if is_odd else _nearest(code.lower())
    if near is None:
        return f"{shown} is no language code. Write it as BCP 47 does: en, zh-CN, zh-Hans."
    return f"{shown} is no language known here. Do you mean {near}?"


def _nearest(code: str) -> str | None:
    """The known language that a code or a name looks most like, `fr (French)`."""
    names = {name.lower(): found for found, name in NAMES.items()}
    words = {**{found: found for found in CODES}, **ALIASES, **names, **COUNTRIES}
    near = get_close_matches(code[:SHOWN], list(words), n=1, cutoff=0.5)
    if not near:
        return None
    found = words[near[0]]
    return f"{found} ({NAMES[found]})" if found in NAMES else found
