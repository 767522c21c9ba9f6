"""Does a file's language code name the language that was asked for? Regions don't count."""

from __future__ import annotations

from evaluator.normalise import primary

# A region that says how Chinese is written there; other languages' regions say nothing.
SCRIPTS = {"cn": "hans", "sg": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}
SCRIPT_LENGTH = 4  # letters, by BCP 47


def is_language(code: str, wanted: str) -> bool:
    """Whether both are one language, and one script where both say which.

    `fr_XX` is fr, `zh-Hans` is zh and zh_CN but not zh-TW.
    """
    if primary(code) != primary(wanted):
        return False
    scripts = _script(code), _script(wanted)
    return "" in scripts or scripts[0] == scripts[1]


def _script(code: str) -> str:
    for part in code.strip().lower().replace("_", "-").split("-")[1:]:
        if len(part) == SCRIPT_LENGTH and part.isalpha():
            return part
        if part in SCRIPTS and primary(code) == "zh":
            return SCRIPTS[part]
    return ""
