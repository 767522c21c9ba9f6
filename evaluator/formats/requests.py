"""What the readers of all formats know about the file of hypotheses that they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluator.errors import ProblemLog, WrongFileError
from evaluator.formats.limits import Budget
from evaluator.formats.pairs_in_names import target_of
from evaluator.normalise import contradicts
from evaluator.types import Line


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a file, and what it may cost."""

    log: ProblemLog
    budget: Budget
    language_pair: str | None  # such as en-fr, or en-fr.noterm
    system: str | None
    broken: list[Line] = field(default_factory=list)  # what HypothesisFile.broken is to hold

    def sift(self, line: Line) -> Iterator[Line]:
        """Yield a line that says which segment it is for; note what is known of another."""
        if line.segment and line.document:
            yield line
        elif line.segment:
            self.note_broken(line.number, line.segment, None)

    def note_broken(self, number: int, segment: str | None, document: str | None) -> None:
        """Note that a line, about which the log says what is wrong, was for this segment."""
        self.budget.charge(segment, document, line=number)
        self.broken.append(Line(number, segment, document, ""))

    def refuse(self, message: str) -> None:
        """Raise WrongFileError."""
        wrong = ProblemLog(self.log.file)
        wrong.add(message)
        wrong.raise_as(WrongFileError)

    def require_language(self, found: str, place: str) -> None:
        """Refuse hypotheses that say they are in another language than the pair's target."""
        if self.language_pair and contradicts(found, target_of(self.language_pair)):
            self.refuse(
                f"The file says {place}={found!r}, but {self.language_pair} is wanted here. "
                "Upload the file of this language pair, or correct the attribute."
            )
