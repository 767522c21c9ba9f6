"""The tests' own test set: four segments in two documents, four terms, and translations of it."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from zipfile import ZipFile

import evaluator

SEGMENTS = 4
DOCUMENTS = 2
REQUIRED_TERMS = 4

_KIND = 'type="src_original_and_tgt_original"'
_VACCINE = f'<term id="1" {_KIND} src="vaccine" tgt="vaccin">'
_FEVER = f'<term id="2" {_KIND} src="fever" tgt="fièvre">'
_COUGH = f'<term id="3" {_KIND} src="cough" tgt="toux">'

SOURCE = f"""\
<srcset setid="tests" srclang="any">
<doc docid="notice">
<seg id="1"> the {_VACCINE} vaccine </term> is given in two doses . </seg>
<seg id="2"> call your doctor if the {_FEVER} fever </term> lasts . </seg>
</doc>
<doc docid="advice">
<seg id="1"> wash your hands often , above all before a meal . </seg>
<seg id="2"> {_FEVER} fever </term> and {_COUGH} cough </term> pass in a week . </seg>
</doc>
</srcset>
"""

REFERENCE = f"""\
<refset setid="tests" srclang="any" trglang="any">
<doc docid="notice">
<seg id="1"> le {_VACCINE} vaccin </term> est administré en deux doses . </seg>
<seg id="2"> appelez votre médecin si la {_FEVER} fièvre </term> persiste . </seg>
</doc>
<doc docid="advice">
<seg id="1"> lavez-vous souvent les mains , surtout avant un repas . </seg>
<seg id="2"> la {_FEVER} fièvre </term> et la {_COUGH} toux </term> passent en une semaine . </seg>
</doc>
</refset>
"""

PERFECT = (
    "le vaccin est administré en deux doses .",
    "appelez votre médecin si la fièvre persiste .",
    "lavez-vous souvent les mains , surtout avant un repas .",
    "la fièvre et la toux passent en une semaine .",
)
# Three of the four terms.
FAIR = (*PERFECT[:3], "la fièvre et le rhume passent en une semaine .")
# One of the four terms.
POOR = (
    "le vaccin est donné deux fois .",
    "appelez le docteur si la chaleur reste .",
    "lavez les mains .",
    "chaleur et rhume passent .",
)


def as_text(texts: tuple[str, ...]) -> bytes:
    """Write hypotheses as plain text, one a line."""
    return "".join(f"{text}\n" for text in texts).encode()


def as_sgml(texts: tuple[str, ...]) -> bytes:
    """Write hypotheses as WMT SGML; segment 1 of the first document stands in line 3."""
    first, second, third, fourth = texts
    return f"""\
<tstset setid="tests" srclang="any" trglang="any">
<doc docid="notice">
<seg id="1"> {first} </seg>
<seg id="2"> {second} </seg>
</doc>
<doc docid="advice">
<seg id="1"> {third} </seg>
<seg id="2"> {fourth} </seg>
</doc>
</tstset>
""".encode()


def as_zip(files: dict[str, bytes]) -> bytes:
    """Put files into a zip."""
    archive = BytesIO()
    with ZipFile(archive, "w") as writer:
        for name, body in files.items():
            writer.writestr(name, body)
    return archive.getvalue()


@cache
def count_scores(source: str = SOURCE, reference: str = REFERENCE) -> int:
    """Return how many metrics an English-French test set defines: the scores of an entry."""
    test_set = evaluator.read_test_set(
        source=BytesIO(source.encode()),
        references=[BytesIO(reference.encode())],
        source_language="en",
        target_language="fr",
    )
    return len(evaluator.defined_metrics(test_set))
