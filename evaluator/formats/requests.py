"""What the readers of hypotheses know about the file that they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog, WrongFileError
from evaluator.formats.limits import Budget
from evaluator.formats.pairs_in_names import find_target, read_slot_pair
from evaluator.normalise import contradicts
from evaluator.types import Line


@dataclass(frozen=True, slots=True)
class Request:
    """What is expected of a file, and what it may cost."""

    log: ProblemLog
    budget: Budget
    language_pair: str | None  # such as en-fr, or en-fr.noterm
    system: str | None
    broken: list[Line] = field(default_factory=list)  # for HypothesisFile.broken

    @property
    def pair(self) -> tuple[str, str] | None:
        """Return the languages that are wanted, None where they are not known."""
        return read_slot_pair(self.language_pair) if self.language_pair else None

    def sift(self, line: Line) -> Iterator[Line]:
        """Yield a line that names its segment and document; note another line as broken."""
        if line.segment and line.document:
            yield line
        elif line.segment:
            self.note_broken(line.number, line.segment, None)

    def note_broken(self, number: int, segment: str | None, document: str | None) -> None:
        """Note the segment of a line that cannot be read; the log has the problem."""
        self.budget.charge(segment, document, line=number)
        self.broken.append(Line(number, segment, document, ""))

    def refuse(self, message: str) -> None:
        """Raise WrongFileError."""
        wrong = ProblemLog(self.log.file)
        wrong.add(message)
        wrong.raise_as(WrongFileError)

    def require_language(self, code: str, place: str) -> None:
        """Refuse hypotheses in another language than the pair's target, by the file's own word."""
        if self.language_pair and contradicts(code, find_target(self.language_pair)):
            self.refuse(
                f"The file says {place}={code!r}, but {self.language_pair} is wanted here. "
                "Upload the file of this language pair, or correct the attribute."
            )
