"""The test sets in a folder: what each is for, by its name and the files beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.cli.files import UnopenableError, open_file
from evaluator.errors import LanguageError
from evaluator.formats import read_test_set
from evaluator.formats.decoding import HEAD
from evaluator.formats.json_lines import parse_object
from evaluator.formats.pairs_in_names import (
    find_joined_pairs,
    find_loose_pairs,
    find_pairs,
    read_languages,
)
from evaluator.formats.slots_in_names import RESERVED, Slot
from evaluator.formats.zip_members import is_junk
from evaluator.normalise import canonical_pair, parse_pair
from evaluator.types import Mode, TestSet

MAX_FILES = 1_000  # of a folder
MAX_LIST_BYTES = 64 * 1024 * 1024  # of a file with lists of terms
BESIDE = ("terms.", "sample.", "samples.")  # files about a test set, by how their names begin
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class TestSetFile:
    """A test set's file, and what hypotheses for it are called."""

    __test__ = False  # the name looks like a test class to pytest

    path: Path
    pair: tuple[str, str]
    domain: str
    modes: tuple[Mode, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """A slot for each mode."""
        return tuple(Slot(*self.pair, self.domain, mode) for mode in self.modes)


class SlotFiles(Mapping[str, TestSet]):
    """Test sets by slot, each file read when it is asked for, and once."""

    def __init__(self, files: Sequence[TestSetFile], paragraphs: str | None) -> None:
        self.files = {str(slot): file for file in files for slot in file.slots}
        self._paragraphs = paragraphs
        self._read: dict[Path, TestSet] = {}

    def __getitem__(self, slot: str) -> TestSet:
        file = self.files[slot]
        if file.path not in self._read:
            with open_file(str(file.path)) as stream:
                self._read[file.path] = read_test_set(
                    source=stream,
                    source_language=file.pair[0],
                    target_language=file.pair[1],
                    text_form=None,
                    names=[str(file.path)],
                    delimiter=self._paragraphs,
                    sources_only=True,
                    plain_text=True,
                )
        return self._read[file.path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def list_files(paths: Sequence[str]) -> list[Path]:
    """Return the files that paths name, those of folders by name; hidden files are left out.

    A file that two paths name, or a link, comes once. Raises UnopenableError for a path that does
    not exist and for a folder of too many files.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists():
                raise UnopenableError(str(path), "there is no such file. Check the path.")
            files.append(path)
            continue
        for file in sorted(path.rglob("*")):
            inner = file.relative_to(path).as_posix()
            if file.is_file() and not is_junk(inner):
                files.append(file)
            if len(files) > MAX_FILES:
                message = f"the folder has more than {MAX_FILES:,} files. Name another folder."
                raise UnopenableError(str(path), message)
    return list({file.resolve(): file for file in reversed(files)}.values())[::-1]


def find_test_sets(
    paths: Sequence[str], *, modes: Sequence[Mode] | None, pair: str | None
) -> list[TestSetFile]:
    """Return the test sets among files and in folders.

    A name says pair, domain and mode (`text.medical.enpl.json`, `test.en-fr.noterm.tsv`). Without
    a mode there, a test set has those of its lists, in it or in the file `terms.…` beside it, and
    `noterm`; beside `sample.…` it has `noterm` and `sample`. `modes` and `pair` say it instead.
    Raises UnopenableError for two test sets of the same name and for none, LanguageError for no
    pair.
    """
    files = [path for path in list_files(paths) if not path.name.startswith(BESIDE)]
    if not files:
        raise UnopenableError(" ".join(paths), "the folder holds no test set. Name another folder.")
    # Beside the texts of WMT26 may lie what is for organisers, or a submission.
    texts = [path for path in files if path.name.startswith("text.")]
    by_slot: dict[str, TestSetFile] = {}
    for path in texts or files:
        file = _read_name(path, modes, pair)
        for slot in map(str, file.slots):
            if slot in by_slot:
                message = (
                    f"this is a test set for {slot}, as {by_slot[slot].path} is. Name only one "
                    "of them, or the folder of one task only."
                )
                raise UnopenableError(str(path), message)
            by_slot[slot] = file
    return list(dict.fromkeys(by_slot.values()))


def _read_name(path: Path, modes: Sequence[Mode] | None, pair: str | None) -> TestSetFile:
    languages = parse_pair(pair) if pair else _find_pair(path)
    words = [word for word in path.name.split(".")[1:-1] if not _holds_pair(word)]
    said = [word for word in words if word in RESERVED]
    others = [word for word in words if word not in RESERVED and word != "proper"]
    year = _YEAR.search(path.stem)
    domain = others[0] if len(others) == 1 else year[0] if year and not others else ""
    chosen = tuple(said[:1] or modes or _find_modes(path))
    return TestSetFile(path, languages, domain, chosen)


def _find_pair(path: Path) -> tuple[str, str]:
    """Return the language pair of a test set; raises LanguageError if nothing says it."""
    name = path.name
    for pairs in (find_pairs(name), find_joined_pairs(name), find_loose_pairs(name)):
        if len(set(pairs)) == 1:
            return canonical_pair(*pairs[0])
    with open_file(str(path)) as stream:
        head = stream.read(HEAD).decode("utf-8", "ignore")
    source, target = read_languages(head)
    if source and target:
        return canonical_pair(source, target)
    raise LanguageError(
        f"{path}: which language pair is this? Name it: --language-pair en-fr; or name the file "
        "such as text.en-fr.json."
    )


def _holds_pair(word: str) -> bool:
    text = f".{word}."
    return bool(find_pairs(text) or find_joined_pairs(text) or find_loose_pairs(text))


def _find_modes(path: Path) -> tuple[Mode, ...]:
    """Return the modes that the lists in a test set or beside it show."""
    parts = path.name.split(".", 1)
    beside = [path.with_name(f"{start}{parts[-1]}") for start in BESIDE]
    if beside[0].is_file():
        return _add_noterm(_read_lists(beside[0]))
    if any(file.is_file() for file in beside[1:]):
        return ("noterm", "sample")
    with open_file(str(path)) as stream:
        first = parse_object(stream.readline(MAX_LIST_BYTES).decode("utf-8", "ignore"))
    if not isinstance(first, dict) or "source" in first:
        return ("proper",)
    return _add_noterm([name for name, value in first.items() if isinstance(value, dict)])


def _read_lists(path: Path) -> list[str]:
    """Return the names of a file's lists; raises UnopenableError where nobody can tell them."""
    with open_file(str(path)) as stream:
        try:
            value = json.loads(stream.read(MAX_LIST_BYTES))
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        message = (
            'this is no JSON object of lists such as {"proper": {…}}, so the modes of the test set '
            "beside it are unknown. Give the file as published, or say: --modes noterm proper."
        )
        raise UnopenableError(str(path), message)
    return [name for name, terms in value.items() if isinstance(terms, dict | list)]


def _add_noterm(lists: Sequence[str]) -> tuple[Mode, ...]:
    return tuple(dict.fromkeys((*lists, "noterm"))) if lists else ("proper",)
