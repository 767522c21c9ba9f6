"""Importing test sets, and reading them back for checking and scoring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import BinaryIO, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

import evaluator
from audit.actions import Action
from audit.recording import Actor, Changes, record_event
from evaluator.checking import count_all_paragraphs
from evaluator.formats import Sample, read_samples, read_test_set
from evaluator.metrics import OFFICIAL_ORDER
from evaluator.normalise import describe_gap
from evaluator.terms import required_terms
from evaluator.types import TextForm, Unit
from files import storage
from sharedtasks import downloads
from sharedtasks.handouts import make_handout
from sharedtasks.models import Phase, TestSet, TestSetReference, TestSetTerminology
from sharedtasks.term_lemmatisers import refuse_missing_lemmatisers, require_term_lemmatiser
from sharedtasks.terminology_modes import PROPER, Mode, find_mode
from sharedtasks.validators import known_order

MAX_TEST_SET_BYTES = 64 * 1024 * 1024
KEPT_IN_MEMORY = 16  # parsed test sets a worker keeps; each is a few megabytes


TermFile = tuple[BinaryIO, str]  # with its name


@dataclass(frozen=True, slots=True)
class TestSetFiles:
    """The files that an organiser hands in for a test set."""

    source: BinaryIO
    references: tuple[BinaryIO, ...]
    names: tuple[str, ...]  # the source's, then the references', for messages
    terminologies: tuple[TermFile, ...] = ()  # of the mode's list
    other_lists: Mapping[str, tuple[TermFile, ...]] = field(default_factory=dict)  # by list name
    samples: tuple[BinaryIO, str] | None = None  # with its name

    def require_mode(self, mode: Mode) -> Mode:
        """Return the mode; ValidationError unless samples are there just where it gives them."""
        if self.samples and not mode.gives_samples:
            raise ValidationError(f"In the mode {mode} systems get no samples. Leave the file out.")
        if mode.gives_samples and not self.samples:
            raise ValidationError(
                f"In the mode {mode} systems get sample bitexts. Give their file."
            )
        return mode


@dataclass(frozen=True, slots=True)
class ImportedTestSet:
    """A new test set, and what was changed while its terminology was read."""

    test_set: TestSet
    terminology: evaluator.ImportedTerminology | None
    references: int  # of each segment
    notes: tuple[str, ...] = ()  # on parts of its files that were not read
    metrics: tuple[str, ...] = ()  # that its board can rank by

    def list_notes(self, at_most: int) -> list[str]:
        """Return what an organiser should check: changed terms, at most so many, and the rest."""
        changes = self.terminology.select_changes(at_most) if self.terminology else ()
        notes = [*map(str, changes)]
        more = len(self.terminology.report) - len(notes) if self.terminology else 0
        if more > 0:
            notes.append(f"{more:,} more changes like these are not shown.")
        if (terms := self.terminology) and terms.report:
            notes.append(
                f"{len(terms.terminology.terms)} terms: {terms.changed} changed, "
                f"{terms.dropped} dropped, {terms.doubtful} kept with doubts."
            )
        gap = describe_gap(self.test_set.target_language, self.test_set.term_lemmatiser or None)
        return [*notes, *self.notes, *filter(None, [gap])]


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What the files of a test set hold."""

    test_set: evaluator.TestSet
    terminology: evaluator.ImportedTerminology | None  # of the mode's list
    samples: tuple[Sample, ...]
    notes: tuple[str, ...]  # on parts that were not read

    @property
    def references(self) -> int:
        """Return the number of references of each segment."""
        return len(self.test_set.segments[0].references)


def import_test_set(
    *,
    actor: Actor,
    phase: Phase,
    source_language: str,
    target_language: str,
    files: TestSetFiles,
    text_form: str | None,  # None: as the format has it
    mode: str = PROPER,  # the name of a mode of the shared task, or of a standard mode
    domain: str = "",
    version: int = 1,
    unit: str | None = None,  # None: as the files show
    delimiter: str | None = None,  # what joins paragraphs, "" for nothing; None: as the files show
    lemmatiser: str = "simplemma",  # of the family wmt21
    term_lemmatiser: str = "",  # of the other metrics of terms; empty: what the language has
    official_order: Sequence[str] | None = None,
    leave_out: Sequence[str] = (),
    is_dry: bool = False,
) -> ImportedTestSet:
    """Check the files and make a test set of them, a draft; raises `evaluator.TestSetError`.

    A dry import stores nothing; its row is not saved. Documents to `leave_out` count for no score
    and need no reference; participants may translate them or not. Without an `official_order` it
    is the part of OFFICIAL_ORDER that is defined.
    """
    terminology_mode = files.require_mode(find_mode(phase.shared_task, mode))
    test_set = TestSet(
        phase=phase,
        source_language=source_language,
        target_language=target_language,
        domain=domain,
        mode=terminology_mode.name,
        terminology_mode=terminology_mode,
        version=version,
        text_form=TestSet.TextForm(text_form).value if text_form else "",
        unit=TestSet.Unit(unit).value if unit else "",
        delimiter=delimiter,
        lemmatiser=lemmatiser,
        term_lemmatiser=term_lemmatiser,
        left_out=sorted(set(leave_out)),
    )
    _require_no_entries_elsewhere(test_set)
    return import_row(test_set, files, official_order, actor=actor, is_dry=is_dry)


def _require_no_entries_elsewhere(test_set: TestSet) -> None:
    """Raise ValidationError if teams have entries on another version: its board would be empty."""
    others = list_versions(test_set).exclude(version=test_set.version)
    other = others.filter(entries__team__isnull=False).first()
    if other is not None:
        phase = other.phase
        raise ValidationError(
            f"Teams have entries on {other.slug}, so a second version would open an empty board. "
            "Correct it instead: all entries are scored again before anybody sees the new version. "
            f"manage.py correct_test_set {phase.shared_task.slug}/{phase.slug}/{other.slug}, or "
            "the organisers' page Corrections."
        )


def list_versions(test_set: TestSet) -> QuerySet[TestSet]:
    """Return all versions of a test set, saved or not, in the order of their import."""
    names = ("phase", "source_language", "target_language", "domain", "mode")
    return TestSet.objects.filter(**{name: getattr(test_set, name) for name in names})


def import_row(
    test_set: TestSet,
    files: TestSetFiles,
    official_order: Sequence[str] | None,
    *,
    actor: Actor,
    is_dry: bool = False,
) -> ImportedTestSet:
    """Check the files of a row that is not saved yet, and save both unless it is a dry import.

    Raises `evaluator.TestSetError` and ValidationError.
    """
    with refuse_missing_lemmatisers():
        require_term_lemmatiser(test_set)
        parsed = _parse(test_set, files)
        _describe(test_set, parsed.test_set, official_order)
        metrics = evaluator.defined_metrics(parsed.test_set)
    test_set.full_clean(exclude=["source_file"])
    if not is_dry:
        _save(test_set, files, parsed, actor)
    return ImportedTestSet(test_set, parsed.terminology, parsed.references, parsed.notes, metrics)


def _parse(test_set: TestSet, files: TestSetFiles) -> _Parsed:
    """Read the files as a row says, new or stored; raises `evaluator.TestSetError`."""
    source_language, target_language = test_set.source_language, test_set.target_language
    mode, own, others = test_set.terminology_mode, None, {}
    if files.terminologies or files.other_lists:  # most test sets hold their terms themselves
        read_list = partial(
            evaluator.read_terminologies,
            source_language=source_language,
            target_language=target_language,
        )
        if files.terminologies:
            own = read_list(files.terminologies, list_name=mode.list_name)
        others = {
            name: read_list(listed, list_name=name).terminology
            for name, listed in files.other_lists.items()
        }
    notes: list[str] = []
    samples: tuple[Sample, ...] = ()
    if files.samples:
        stream, name = files.samples
        samples = read_samples(
            stream, name=name, source_language=source_language, target_language=target_language
        )
    parsed = read_test_set(
        source=files.source,
        references=files.references,
        source_language=source_language,
        target_language=target_language,
        text_form=cast("TextForm | None", test_set.text_form or None),
        names=files.names,
        mode=mode.name if mode.name == mode.list_name else mode.scored_as,
        terminology=own.terminology if own else None,
        other_terminologies=others,
        unit=cast("Unit | None", test_set.unit or None),
        delimiter=test_set.delimiter,
        leave_out=test_set.left_out,
        on_note=notes.append,
    )
    parsed = replace(parsed, lemmatiser=test_set.term_lemmatiser or None)
    return _Parsed(parsed, own, samples, tuple(notes))


def _describe(
    test_set: TestSet, parsed: evaluator.TestSet, official_order: Sequence[str] | None
) -> None:
    """Note on a new row what can be read from the files, and what its board ranks by."""
    required = required_terms(parsed).per_segment
    test_set.source_language = parsed.source_language  # zh-CN, also where zh_cn was written
    test_set.target_language = parsed.target_language
    test_set.text_form = parsed.text_form
    test_set.unit = parsed.unit
    test_set.digest = parsed.digest
    segments = count_all_paragraphs(parsed).segments
    test_set.segments = len(segments)
    test_set.unscored_segments = len(segments) - len(parsed.segments)
    test_set.documents = len({segment.document for segment in segments})
    test_set.required_terms = sum(term.count for segment in required for term in segment)
    test_set.terms = _count_terms(parsed)
    test_set.official_order = _choose_order(official_order, parsed)


def _count_terms(parsed: evaluator.TestSet) -> int:
    """Return the number of different entries of its list, at whatever address they are given."""
    common = parsed.terminology.terms if parsed.terminology else ()
    known = {(term.source, term.targets) for term in common}
    given = [segment.terms or () for segment in count_all_paragraphs(parsed).segments]
    given += [document.terms or () for document in parsed.documents]
    addressed = {(term.source, term.targets) for terms in given for term in terms}
    return len(common) + len(addressed - known)


def _choose_order(chosen: Sequence[str] | None, parsed: evaluator.TestSet) -> list[str]:
    """Return what the board ranks by; ValidationError for a metric that is not defined."""
    defined = evaluator.defined_metrics(parsed)
    order = list(chosen or (name for name in OFFICIAL_ORDER if name in defined))
    known_order(order)
    for metric in order:
        if metric not in defined:
            raise ValidationError(
                f"This test set has no scores of {metric}, so it cannot rank by it. "
                f"Choose one of: {', '.join(defined)}."
            )
    return order


def _save(test_set: TestSet, files: TestSetFiles, parsed: _Parsed, actor: Actor) -> None:
    """Store the files and the row."""
    test_set.source_file = storage.put(files.source, max_bytes=MAX_TEST_SET_BYTES)
    if files.samples:
        test_set.samples_file = storage.put(files.samples[0], max_bytes=MAX_TEST_SET_BYTES)
    references = [storage.put(file, max_bytes=MAX_TEST_SET_BYTES) for file in files.references]
    lists = {test_set.terminology_mode.list_name: files.terminologies, **files.other_lists}
    term_lists = [
        (storage.put(file, max_bytes=MAX_TEST_SET_BYTES), name, list_name)
        for list_name, listed in lists.items()
        for file, name in listed
    ]
    for_participants = downloads.store(_make_contents(test_set, parsed))
    with transaction.atomic():
        test_set.save()
        TestSetReference.objects.bulk_create(
            TestSetReference(test_set=test_set, file=file, position=position)
            for position, file in enumerate(references)
        )
        TestSetTerminology.objects.bulk_create(
            TestSetTerminology(
                test_set=test_set,
                file=file,
                name=name[-200:],
                list_name=list_name,
                position=position,
            )
            for position, (file, name, list_name) in enumerate(term_lists)
        )
        downloads.record(test_set, for_participants)
        changes: Changes = {
            "digest": (None, test_set.digest),
            "segments": (None, test_set.segments),
            "files": (None, (*files.names, *(name for _, name in files.terminologies))),
        }
        record_event(actor=actor, action=Action.IMPORTED, row=test_set, changes=changes)


def make_downloads(test_set: TestSet, *, actor: Actor) -> int:
    """Make a test set's files for participants again; return how many there are."""
    files = downloads.store(_make_contents(test_set, _read_files(test_set)))
    with transaction.atomic():
        downloads.record(test_set, files)
        record_event(actor=actor, action=Action.DOWNLOADS_MADE, row=test_set)
    return len(files)


def _make_contents(test_set: TestSet, parsed: _Parsed) -> downloads.Contents:
    handout = make_handout(parsed.test_set, test_set.terminology_mode, parsed.samples)
    return downloads.Contents(handout, parsed.test_set)


class Slots(Mapping[str, evaluator.TestSet]):
    """Test sets by their names in file names, each read only when it is asked for.

    Of several versions of a test set, the newest takes the files.
    """

    def __init__(self, test_sets: Iterable[TestSet]) -> None:
        ordered = sorted(test_sets, key=lambda test_set: test_set.version)
        self.rows = {test_set.slot: test_set for test_set in ordered}

    def __getitem__(self, slot: str) -> evaluator.TestSet:
        return read(self.rows[slot])

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read(test_set: TestSet) -> evaluator.TestSet:
    """Return an imported test set with its segments; a process keeps those it read last."""
    return _read(test_set.pk, test_set.digest, test_set.term_lemmatiser)


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _read(pk: int, digest: str, _term_lemmatiser: str) -> evaluator.TestSet:
    rows = TestSet.objects.select_related("source_file", "samples_file", "terminology_mode")
    return _read_files(rows.get(pk=pk, digest=digest)).test_set


def _read_files(test_set: TestSet) -> _Parsed:
    """Read an imported test set from its stored files."""
    references = TestSetReference.objects.filter(test_set=test_set).select_related("file")
    own_list = test_set.terminology_mode.list_name
    with ExitStack() as stack:
        enter = stack.enter_context
        lists: dict[str, tuple[TermFile, ...]] = {own_list: ()}
        for row in test_set.term_lists.select_related("file"):
            term_file = (enter(storage.open_file(row.file)), row.name)
            lists[row.list_name] = (*lists.get(row.list_name, ()), term_file)
        samples = test_set.samples_file
        files = TestSetFiles(
            source=enter(storage.open_file(test_set.source_file)),
            references=tuple(enter(storage.open_file(row.file)) for row in references),
            names=(),
            terminologies=lists.pop(own_list),
            other_lists=lists,
            samples=(enter(storage.open_file(samples)), "samples") if samples else None,
        )
        return _parse(test_set, files)
