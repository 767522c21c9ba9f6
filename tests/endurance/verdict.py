"""What has become of everything that was sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.e2e.site import Site
from tests.integration.samples import count_scores

SUBMISSIONS = "select system, id, state from submissions_submission"
ENTRIES = "select submission_id, id, state, reason from submissions_entry where kind = 'system'"
SCORES_OF = "select entry_id, count(*), count(distinct metric) from submissions_score group by 1"
MOVES = (
    "select entry_id, count(*) from submissions_statechange "
    "where new = 'scored' and old <> new group by 1"
)
FILES = (
    "select e.id, f.key from submissions_entry e join files_storedfile f "
    "on f.id in (e.hypotheses_id, e.statistics_id)"
)


def faults_of(site: Site, acknowledged: Sequence[str], unanswered: Sequence[str]) -> list[str]:
    """Return what is wrong, in words; nothing if each thing was scored exactly once."""
    faults: list[str] = []
    submissions: dict[str, list[tuple[int, str]]] = {}
    for system, pk, state in site.rows(SUBMISSIONS):
        submissions.setdefault(system, []).append((pk, state))
    entries: dict[int, list[tuple[int, str, str]]] = {}
    for submission, pk, state, reason in site.rows(ENTRIES):
        entries.setdefault(submission, []).append((pk, state, reason))
    scores = {pk: (count, kinds) for pk, count, kinds in site.rows(SCORES_OF)}
    moves = dict(site.rows(MOVES))
    files: dict[int, list[str]] = {}
    for pk, key in site.rows(FILES):
        files.setdefault(pk, []).append(key)

    faults += [f"{name}: acknowledged and lost" for name in set(acknowledged) - set(submissions)]
    unknown = set(submissions) - set(acknowledged) - set(unanswered)
    faults += [f"{name}: nobody sent it" for name in unknown]
    for name, rows in submissions.items():
        if len(rows) > 1:
            faults.append(f"{name}: there {len(rows)} times")
        for pk, state in rows:
            if state != "accepted":
                faults.append(f"{name}: submission {pk} is {state}")
            elif len(entries.get(pk, [])) != 1:
                faults.append(f"{name}: {len(entries.get(pk, []))} entries")
            for entry, entry_state, reason in entries.get(pk, []):
                if entry_state != "scored":
                    faults.append(f"{name}: entry {entry} is {entry_state}: {reason}")
                elif scores.get(entry) != (count_scores(), count_scores()) or moves.get(entry) != 1:
                    faults.append(
                        f"{name}: entry {entry} has scores {scores.get(entry)}, "
                        f"and was scored {moves.get(entry, 0)} times"
                    )
                elif not all((_folder(site) / key).exists() for key in files.get(entry, [])):
                    faults.append(f"{name}: files of entry {entry} are gone")
                elif len(files.get(entry, [])) != 2:
                    faults.append(f"{name}: entry {entry} has {len(files.get(entry, []))} files")
    return faults


def _folder(site: Site) -> Path:
    return site.folder / "files"
