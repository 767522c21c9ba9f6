"""The languages of a command: from its options, else from its files and their names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

from evaluator.cli.files import STANDARD_INPUT, open_file
from evaluator.errors import LanguageError
from evaluator.formats.compression import GZIP, GzipError, unpack_beginning
from evaluator.formats.decoding import HEAD
from evaluator.formats.pairs_in_names import (
    find_joined_pairs,
    find_language,
    find_loose_pairs,
    find_pairs,
    find_unclear_pairs,
    read_languages,
)
from evaluator.normalise import (
    are_different,
    canonical,
    canonical_pair,
    find_old_codes,
    is_ambiguous,
    is_single,
    parse_pair,
    read_pair,
)

SAMPLE_SOURCE = "en"  # of our own sample, which is there in Czech too

ASK_BOTH = (
    "which languages are these? Neither the files nor their names say it. "
    "Name them: --language-pair en-fr"
)
ASK_SOURCE = (
    "which language is translated from? Neither the files nor their names say it. "
    "Name it: --source-language en, or --language-pair en-{target}"
)
ASK_TARGET = (
    "which language is translated into? Neither the files nor their names say it. "
    "Name it: --target-language fr, or --language-pair {source}-fr"
)
CONTENT, NAME, PART_OF_NAME, JOINED = range(4)  # where a file says its languages, the surest first


@dataclass(frozen=True, slots=True)
class _Statement:
    """The languages that a file or its name says; None for a language that it does not say."""

    kind: int
    source: str | None
    target: str | None
    place: str


def resolve_languages(options: argparse.Namespace) -> None:
    """Set both language options to canonical codes; LanguageError asks for missing languages."""
    source, target = _read_options(options)
    given = (options.language_pair, options.source_language, options.target_language)
    for sentence in find_old_codes(" ".join(filter(None, given))):
        options.messages.note(sentence)
    if source is None and getattr(options, "sample", False):
        source = SAMPLE_SOURCE
    if source is None or target is None:
        source, target = _complete(source, target, options)
    pair = canonical_pair(source, target)
    options.source_language, options.target_language = pair
    for statement in _read_names(options):  # contents are checked when they are read
        if statement.kind == NAME and not _agrees(statement, *pair):
            says = "-".join(filter(None, (statement.source, statement.target)))
            message = f"its name says {says}; it is read as {'-'.join(pair)}."
            options.messages.warn(message, file=statement.place)


def _read_options(options: argparse.Namespace) -> tuple[str | None, str | None]:
    """Return the languages of the options; each option may hold a pair."""
    said: list[tuple[str | None, str | None, str]] = []
    if options.language_pair is not None:
        said.append((*_read_pair_option(options), "--language-pair"))
    for place, text in (("source", options.source_language), ("target", options.target_language)):
        option = f"--{place}-language"
        if text and _is_pair(text):
            said.append((*parse_pair(text), option))
        elif text is not None:
            code = canonical(text)
            said.append((code, None, option) if place == "source" else (None, code, option))
    sources = {source: place for source, _, place in said if source}
    targets = {target: place for _, target, place in said if target}
    for codes in (sources, targets):
        if len(codes) > 1:
            say = " and ".join(f"{place} says {code}" for code, place in codes.items())
            raise LanguageError(f"{say}. Give one of them, or the same language in both.")
    return next(iter(sources), None), next(iter(targets), None)


def _read_pair_option(options: argparse.Namespace) -> tuple[str, str]:
    """Return the pair of --language-pair; for `fr-ca` the test set or another option may decide."""
    text = options.language_pair
    if is_ambiguous(text):
        targets = {read_languages(_read_beginning(path))[1] for path in _test_set_paths(options)}
        if options.target_language and not _is_pair(options.target_language):
            targets.add(canonical(options.target_language))
        for pair in read_pair(text):
            if pair[1] in targets:
                return pair
    return parse_pair(text)


def _is_pair(text: str) -> bool:
    """Return whether an option holds a pair: what is neither is explained as a language."""
    return not is_single(text) and any(sign in text for sign in "-_>:/,→ ")


def _complete(
    source: str | None, target: str | None, options: argparse.Namespace
) -> tuple[str, str]:
    """Add the languages that the options lack: from the files, then from their names."""
    statements: list[_Statement] = []
    for path in _test_set_paths(options):
        name = Path(path).name
        statements.append(_Statement(CONTENT, *read_languages(_read_beginning(path)), name))
        # Such a name may also say one language: a pair counts if it fits other options.
        statements += [_Statement(NAME, *pair, name) for pair in find_unclear_pairs(name)]
    statements += _read_names(options)
    for kind in (CONTENT, NAME, PART_OF_NAME, JOINED):
        agreeing = [s for s in statements if s.kind == kind and _agrees(s, source, target)]
        if source is None:
            source = _require_one_language({s.source: s.place for s in agreeing if s.source})
        if target is None:
            target = _require_one_language({s.target: s.place for s in agreeing if s.target})
        if source and target:
            if kind in (PART_OF_NAME, JOINED):
                print(f"note: {source}-{target}, as the files' names say.", file=sys.stderr)
            return source, target
    if source is None and target is None:
        raise LanguageError(ASK_BOTH)
    if source is None:
        raise LanguageError(ASK_SOURCE.format(target=target))
    raise LanguageError(ASK_TARGET.format(source=source))


def _agrees(statement: _Statement, source: str | None, target: str | None) -> bool:
    """Return whether a file contradicts none of the known languages."""
    pairs = ((statement.source, source), (statement.target, target))
    return not any(said and known and are_different(said, known) for said, known in pairs)


def _require_one_language(places: dict[str, str]) -> str | None:
    """Return the language that files say, None if none says any; two are an error."""
    if len(places) > 1:
        say = " and ".join(f"{place} says {code}" for code, place in list(places.items())[:2])
        raise LanguageError(f"{say}. Name the languages: --language-pair en-fr.")
    return next(iter(places), None)


def _read_names(options: argparse.Namespace) -> Iterator[_Statement]:
    paths = _test_set_paths(options)
    for path in paths[:1]:
        yield _Statement(NAME, find_language(Path(path).name), None, Path(path).name)
    for path in paths[1:]:
        yield _Statement(NAME, None, find_language(Path(path).name), Path(path).name)
    more = [*options.terminology, *getattr(options, "hypotheses", ())]
    for name in (Path(path).name for path in (*paths, *more)):
        for kind, pairs in (
            (NAME, find_pairs(name)),
            (PART_OF_NAME, find_loose_pairs(name)),
            (JOINED, find_joined_pairs(name)),
        ):
            yield from (_Statement(kind, *pair, name) for pair in pairs)


def _test_set_paths(options: argparse.Namespace) -> list[str]:
    return [path for path in (options.source, *getattr(options, "reference", ())) if path]


def _read_beginning(path: str) -> str:
    """Return the beginning of a file; nothing where it is broken, as its reader will explain."""
    try:
        if path == STANDARD_INPUT:
            data = cast("BufferedReader", sys.stdin.buffer).peek(HEAD)  # its reader needs all
        elif not Path(path).is_file() and Path(path).exists():
            return ""  # a pipe, which can be read once
        else:
            with open_file(path) as stream:
                data = stream.read(HEAD)
        if data.startswith(GZIP):
            data = unpack_beginning(data, HEAD)
    except (OSError, GzipError):
        return ""
    return data[:HEAD].decode("utf-8", "ignore").removeprefix("\ufeff")
