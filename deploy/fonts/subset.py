"""Make the fonts with Europe's letters beyond Latin 1, from the subsets that Fontsource publishes.

    python -m venv /tmp/fonts && /tmp/fonts/bin/pip install fonttools==4.68.0 brotli==1.2.1
    /tmp/fonts/bin/python deploy/fonts/subset.py FOLDER

FOLDER has the two files `source-…-latin-ext-wght-normal.woff2` of Fontsource's packages
`@fontsource-variable/source-sans-3` and `@fontsource-variable/source-serif-4` 5.3.1 (npm). The
results go to `static/vendor/`. Decision 0051 has the reasons.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter, parse_unicodes
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
# Latin Extended-A without what the Latin subset has; Azerbaijani; digraphs of Croatian; Skolt Sámi;
# Danish; Romanian; Livonian; Welsh; the capital ß; the dagger; hryvnia and lira.
# `static/css/fonts.css` names the same.
EUROPE = (
    "0100-0130,0132-0151,0154-017F,018F,0259,01C4-01CC,01E4-01E9,01EE-01EF,0292,01FA-01FF,"
    "0218-021B,022A-022D,0230-0233,1E80-1E85,1EF2-1EF3,1E9E,2020,20B4,20BA"
)
# What a font is called inside: the licence reserves the name "Source" for the unchanged fonts.
FONTS = {
    "source-sans-3": ("europe-sans-5.3.1", "Terminarium Europe Sans", None),
    # Headings have one weight.
    "source-serif-4": ("europe-serif-5.3.1", "Terminarium Europe Serif", 600),
}
FAMILY, SUBFAMILY, UNIQUE, FULL, POSTSCRIPT, TYPOGRAPHIC, VARIATIONS = 1, 2, 3, 4, 6, 16, 25


def main(folder: Path) -> None:
    """Make both fonts."""
    for source, (place, name, weight) in FONTS.items():
        font = TTFont(folder / f"{source}-latin-ext-wght-normal.woff2")
        if weight is not None:
            font = instantiateVariableFont(font, {"wght": weight})
        subsetter = Subsetter(Options(layout_features=["*"]))
        subsetter.populate(unicodes=parse_unicodes(EUROPE))
        subsetter.subset(font)
        rename(font, name)
        font.flavor = "woff2"
        file = VENDOR / place / f"{place.rpartition('-')[0]}.woff2"
        file.parent.mkdir(exist_ok=True)
        font.save(file)
        print(f"{file.relative_to(VENDOR)}: {file.stat().st_size} bytes")


def rename(font: TTFont, name: str) -> None:
    """Give a font another name; its copyright, licence and trademark stay."""
    table, short = font["name"], name.replace(" ", "")
    names = {FAMILY: name, UNIQUE: short, FULL: name, POSTSCRIPT: short, TYPOGRAPHIC: name,
             VARIATIONS: short}  # fmt: skip
    for record in list(table.names):
        if record.nameID in names:
            table.setName(names[record.nameID], record.nameID, record.platformID,
                          record.platEncID, record.langID)  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
