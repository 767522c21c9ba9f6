"""What the tests of term lists share: reading bytes, and small lists."""

from __future__ import annotations

import csv
import io

import pytest

from evaluator.errors import TerminologyError
from evaluator.formats.terminologies import read_terminology

HEADER = "id,sourceLang,targetLang,sourceString,targetString\n"


def read(content, source="en", target="fr", name="terms", **options):
    data = content.encode() if isinstance(content, str) else content
    return read_terminology(
        io.BytesIO(data), name, source_language=source, target_language=target, **options
    )


def cells(*pairs, target="fr"):
    """The CSV with these source and target cells."""
    out = io.StringIO()
    rows = [(n, "en", target, *pair) for n, pair in enumerate(pairs, 1)]
    csv.writer(out, lineterminator="\n").writerows(rows)
    return HEADER + out.getvalue()


def errors(content, **options):
    with pytest.raises(TerminologyError) as caught:
        read(content, **options)
    return caught.value.problems


NEW_TBX = """<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
 xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
<conceptEntry id="c1">
 <langSec xml:lang="en"><termSec><term>glove</term></termSec></langSec>
 <langSec xml:lang="fr-CA"><termSec><term>moufle</term></termSec>
  <termSec><term>gant</term>
   <basic:administrativeStatus>preferredTerm-admn-sts</basic:administrativeStatus></termSec>
  <termSec><term>mitaine</term>
   <termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></termSec></langSec>
</conceptEntry>
<conceptEntry id="c2"><langSec xml:lang="en"><termSec><term>mask</term></termSec></langSec>
</conceptEntry></body></text></tbx>"""
