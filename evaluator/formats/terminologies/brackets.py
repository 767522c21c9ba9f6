"""Notes, glosses, optional words and endings in brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from evaluator.formats.terminologies.changes import Findings, quote, quote_all
from evaluator.formats.terminologies.texts import SPACELESS, is_balanced, script, scripts
from evaluator.normalise import primary

NOTE = re.compile(r"\s*[\[［]([^\[\]［］]*)[\]］]\s*")
GROUP = re.compile(r"\s*[(（]([^()（）]*)[)）]\s*")
PARENTHESIS = re.compile(r"[()（）]")
INDEX = re.compile(r"[IVXivx]+|\d+|\w")  # factor (VIII), type (2), hepatitis (B)
ACRONYM = re.compile(r"(?=.*[A-Z].*[A-Z])[A-Za-z0-9][A-Za-z0-9 .-]*")

# Endings that make a word when they are joined to it; not "-ère" (infirmier), not "-ая".
ENDINGS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "fr": frozenset(["e", "s", "es", "ne", "nes", "le", "les", "te", "tes", "x"]),
        "de": frozenset(["in", "innen", "e", "en", "er", "es", "n", "r", "s"]),
        "en": frozenset(["s", "es"]),
    }
)


def remove_notes(form: str, findings: Findings, *, is_source: bool = False) -> list[str]:
    """Return a form without its square brackets, and also with their words if those are optional.

    Words in the same script as the rest are optional, unless that script is Latin: there nothing
    tells them from a note (which is in English), and a note must never become a translation.
    A source needs only the shorter form: it matches wherever the longer form does.
    """
    notes = [match[1].strip() for match in NOTE.finditer(form)]
    bare = _without(form, NOTE)
    if not notes or not bare or not is_balanced(form):
        return [form]
    own = scripts(bare) - {"LATIN"}
    if not is_source and all(own & scripts(note) for note in notes):
        full = NOTE.sub(lambda match: match[0].replace(match[1], match[1].strip()), form)
        full = re.sub(r"[\[\]［］]", "", full)
        findings.add("optional", f"Accepted are {quote_all([bare, full])}.")
        return [bare, full]
    findings.add("note_removed", f"{quote_all(notes)} removed from {quote(form)}.")
    return [bare]


def expand(form: str, source: str, language: str, findings: Findings) -> list[str]:
    """Return the accepted forms of a target with round brackets.

    A gloss stays: the form as listed comes first, and the form without the gloss is accepted too.
    """
    groups = list(GROUP.finditer(form))
    if not PARENTHESIS.search(form):
        return [form]
    if PARENTHESIS.search(source):
        return _keep(form, "the source has brackets too", findings)
    if not groups or not is_balanced(form):
        return _keep(form, "the brackets don't pair up", findings)
    if all(_is_ending(form, group, language) for group in groups):
        forms = [_without(form, GROUP), re.sub(r"[()（）]", "", form)]
        findings.add("split", f"{quote(form)} is read as {quote_all(forms)}.")
        return forms
    bare = _without(form, GROUP)
    if len(groups) > 1 or not bare or not groups[0][1].strip():
        return _keep(form, "what the brackets mean is not certain", findings)
    if _is_note(groups[0][1], bare, source):
        findings.add("note_removed", f"{quote(groups[0][1])} removed from {quote(form)}.")
        return [bare]
    if _is_gloss(form, groups[0]):
        findings.add("optional", f"{quote(form)} is accepted as listed and as {quote(bare)}.")
        return [form, bare]
    return _keep(form, "what the brackets mean is not certain", findings)


def expand_source(form: str, targets: str, findings: Findings) -> str:
    """Remove a gloss in round brackets at a source's end, if the targets lack it."""
    if not PARENTHESIS.search(form):
        return form
    groups = list(GROUP.finditer(form))
    bare = _without(form, GROUP)
    is_single = len(groups) == 1 and is_balanced(form) and bool(bare)
    if not is_single or PARENTHESIS.search(targets) or not _is_gloss(form, groups[0]):
        return _keep(form, "the brackets may belong to the term", findings)[0]
    if groups[0].end() < len(form):
        return _keep(form, "what the brackets mean is not certain", findings)[0]
    findings.add("note_removed", f"{quote(groups[0][1])} removed from the source {quote(form)}.")
    return bare


def _keep(form: str, reason: str, findings: Findings) -> list[str]:
    findings.add("doubtful", f"{quote(form)} was kept as listed: {reason}.")
    return [form]


def _without(form: str, pattern: re.Pattern[str]) -> str:
    """Return the form without its groups; spaces around a group become a single space."""
    return pattern.sub(lambda match: " " if match[0] != match[0].strip() else "", form).strip()


def _is_ending(form: str, group: re.Match[str], language: str) -> bool:
    before, after = form[: group.start()], form[group.end() :]
    is_attached = group[0].startswith("(") and before[-1:].isalpha()
    ends_word = group[0].endswith(" ") or not after[:1].isalnum()
    endings = ENDINGS.get(primary(language), frozenset())
    return is_attached and ends_word and group[1] in endings


def _is_note(words: str, bare: str, source: str) -> bool:
    """Return whether brackets hold English words, in lower case, in a text of another script."""
    is_english = words.isascii() and words == words.lower() and " " in words.strip()
    is_gloss = words.strip().casefold() == source.casefold()
    return is_english and not is_gloss and not scripts(bare) & {"LATIN"} and bool(scripts(bare))


def _is_gloss(form: str, group: re.Match[str]) -> bool:
    """Return whether a group is a gloss: after a space, and at the end or a foreign acronym."""
    words = group[1].strip()
    if INDEX.fullmatch(words) or group.start() == 0:
        return False
    before = form[group.start() - 1]
    is_apart = group[0][0] not in "(" or script(before) in SPACELESS
    is_last = group.end() == len(form)
    rest = scripts(form[: group.start()] + form[group.end() :])
    is_foreign = ACRONYM.fullmatch(words) is not None and "LATIN" not in rest
    return is_apart and (is_last or is_foreign)
