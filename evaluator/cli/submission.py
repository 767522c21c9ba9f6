"""A whole submission against all test sets: each file's verdict, and what is missing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from evaluator.checking.intake import FileVerdict, read_slots
from evaluator.checking.review import find_identical
from evaluator.cli.files import DELIMITERS, check, describe_size, open_file
from evaluator.cli.messages import Messages
from evaluator.cli.test_set_files import SlotFiles, find_test_sets, list_files

MAX_BYTES = 512 * 1024 * 1024  # of all files together: here nobody else waits


def run_submission(options: argparse.Namespace) -> int:
    """Print a line for each file that is expected or surplus; 1 if anything is wrong or missing."""
    messages: Messages = options.messages
    files = find_test_sets(options.test_sets, modes=options.modes, pair=options.language_pair)
    test_sets = SlotFiles(files, DELIMITERS.get(options.paragraphs))
    verdicts = _read(list_files(options.submission), test_sets, options)
    by_slot = {verdict.slot: verdict for verdict in verdicts if verdict.slot is not None}
    pairs = {slot.partition(".")[0] for slot in by_slot}
    rows: list[dict[str, object]] = []
    missing = []
    for slot in test_sets:
        if slot in by_slot:
            verdict = by_slot[slot]
            row = {"name": verdict.file, "kind": "system", "slot": slot}
            rows.append(row | {"fits": verdict.hypotheses is not None})
        elif slot.partition(".")[0] in pairs:
            missing.append(slot)
    surplus = [verdict.file for verdict in verdicts if verdict.slot is None]
    left_out = sorted({slot.partition(".")[0] for slot in test_sets} - pairs)
    for pair in left_out:
        messages.note(f"no file for {pair}: right if the system does not translate it.")
    options.answer = {"systems": rows, "missing": missing, "surplus": surplus}
    if not options.json:
        _print(rows, missing, surplus, test_sets)
    is_complete = bool(rows) and not missing and not surplus
    return 0 if is_complete and all(row["fits"] for row in rows) else 1


def _read(
    paths: Sequence[Path], test_sets: SlotFiles, options: argparse.Namespace
) -> list[FileVerdict]:
    """Read and check all files; report the problems and warnings of each."""
    messages: Messages = options.messages
    verdicts = []
    accepted: dict[str, list[FileVerdict]] = {}  # by the file of the test set
    with ExitStack() as stack:
        files = [(stack.enter_context(open_file(str(path))), str(path)) for path in paths]
        for verdict in read_slots(files, test_sets, max_bytes=MAX_BYTES, system=options.system):
            verdicts.append(verdict)
            if verdict.error is not None:
                messages.report(verdict.error.problems, verdict.error.total)
            elif verdict.hypotheses is not None and verdict.slot is not None:
                test_set = test_sets[verdict.slot]
                warnings = check(verdict.hypotheses, test_set)
                messages.report(warnings, len(warnings), segments=len(test_set.segments))
                path = str(test_sets.files[verdict.slot].path)
                accepted.setdefault(path, []).append(verdict)
    for group in accepted.values():
        same = find_identical([v.hypotheses for v in group if v.hypotheses is not None])
        messages.report(same, len(same))
    return verdicts


def _print(
    rows: Sequence[dict[str, object]],
    missing: Sequence[str],
    surplus: Sequence[str],
    test_sets: SlotFiles,
) -> None:
    for row in rows:
        slot = str(row["slot"])
        verdict = "fits" if row["fits"] else "can't be accepted"
        print(f"{slot}: {row['name']}: {verdict} ({describe_size(test_sets[slot])}).")
    for slot in missing:
        source = test_sets.files[slot].path
        print(f"{slot}: missing. Add the translations of {source}, named such as ours.{slot}.json.")
    for name in surplus:
        print(f"{name}: not expected.")
    if not rows:
        print("No file is for any of the test sets.")
        return
    refused = [row for row in rows if not row["fits"]]
    parts = (("missing", missing), ("can't be accepted", refused), ("not expected", surplus))
    wrong = ", ".join(f"{len(items):,} {what}" for what, items in parts if items)
    if wrong:
        print(f"The submission is not complete: {wrong}.")
    else:
        print(f"The submission is complete: {len(rows):,} files.")
