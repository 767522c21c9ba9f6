"""What the status of a translation says about its use, in the words of tools and of people."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Status = Literal["preferred", "accepted", "forbidden", "unknown"]
# TBX's own (ISO 30042: `deprecatedTerm-admn-sts`), those of MultiTerm, TermWeb and memoQ, and what
# people write into a column; compared without case, accents, spaces and the ending "term".
_WORDS: dict[Status, str] = {
    "preferred": "preferred standardized standardised standard legal regulated recommended "
    "mandatory bevorzugt empfohlen recommandé préféré privilégié recomendado preferido preferente "
    "raccomandato preferito рекомендуемый предпочтительный zalecany 推荐 首选 推奨 권장",
    "accepted": "admitted accepted acceptable allowed approved permitted alternative synonym valid "
    "new proposed provisional draft released final ok yes active current erlaubt zugelassen "
    "freigegeben admis accepté autorisé admitido aceptado permitido aceito ammesso accettato "
    "допустимый разрешённый dopuszczalny 允许 許容 허용",
    "forbidden": "forbidden prohibited deprecated superseded obsolete outdated notrecommended "
    "notallowed notapproved notpermitted notaccepted notadmitted notacceptable notpreferred "
    "notvalid donotuse dontuse dnu nottobeused shouldnotbeused mustnotbeused neveruse "
    "disallowed discouraged unacceptable inadmissible unapproved nonapproved nonrecommended "
    "rejected banned avoid toavoid tobeavoided blacklisted blocklisted invalid incorrect wrong "
    "negative retired withdrawn nonpreferred dispreferred nolongerused "
    "verboten nichtverwenden nichtbenutzen nichtempfohlen nichterlaubt nichtzulässig unzulässig "
    "nottouse notok neverused notauthorized notauthorised unauthorized unauthorised unpreferred "
    "notinuse blacklist blocklist blocked donotuseanymore nouse unusable forbiden "
    "vermeiden zuvermeiden veraltet überholt abgelehnt verworfen gesperrt ungültig "
    "nonautorisé nonautorisée nonadmis nonaccepté "
    "niettegebruiken nietgebruiken verouderd verboden afgeraden nietaanbevolen nietgewenst "
    "föråldrad föråldrat avrådes avråds olämplig förbjuden användinte forældet frarådes forbudt "
    "foreldet frarådet forbudt vanhentunut vältettävä eisuositeltava kielletty "
    "zastaralý zastaralé nepoužívat nedoporučeno zakázáno nepoužívať elavult kerülendő tiltott "
    "kullanmayın yasak eski заборонено застарілий застаріле învechit interzis nerecomandat "
    "interdit interdite proscrit proscrite àproscrire obsolète déconseillé déconseillée àéviter "
    "déprécié dépréciée rejeté rejetée refusé refusée nepasutiliser nonrecommandé périmé "
    "prohibido prohibida desaconsejado desaconsejada obsoleto obsoleta rechazado rechazada "
    "nousar norecomendado noadmitido evitar proibido proibida desaconselhado rejeitado nãousar "
    "vietato sconsigliato sconsigliata deprecato rifiutato nonusare daevitare "
    "запрещено запрещён запрещённый устаревший устарело устаревшее неиспользовать недопустимый "
    "нерекомендуется нерекомендуемый отклонён отклонено "
    "zabroniony zakazany niezalecany przestarzały odrzucony niestosować nieużywać "
    "debekatua baztertua zaharkitua "
    "不允许 不推荐使用 不要使用 禁忌 废止 "
    "禁用 禁止 禁止使用 弃用 已弃用 棄用 废弃 已废弃 不推荐 不使用 请勿使用 停用 拒绝 "
    "使用禁止 使用不可 非推奨 廃止 금지 사용금지 사용안함 폐기",
}
YES = {
    "1", "x", "✓", "y", "yes", "true", "ja", "oui", "sí", "si", "sim", "wahr", "vrai", "да", "tak",
    "bai", "是", "はい", "예",
}  # fmt: skip
NO = {
    "", "0", "-", "n", "no", "false", "nein", "non", "falsch", "faux", "não", "нет", "nie", "ez",
    "否", "いいえ", "아니요",
}  # fmt: skip


@lru_cache(maxsize=1024)  # a list repeats a few words
def read_status(text: str) -> Status:
    """Return what a status says about the use of a translation; without a word it is accepted.

    Of several words (memoQ's `CasePermissive;Forbidden`) a word that forbids decides.
    """
    status = _read_word(text)
    words = re.split(r"[;,|/]", text) if status == "unknown" else []
    return "forbidden" if "forbidden" in map(_read_word, words) else status


def read_flag(name: str, cell: str, status: str = "") -> str:
    """Return the status by a column such as `forbidden`: its name where the cell says yes.

    A cell with another word is read as a status, unless the row has a status already.
    """
    word = cell.strip().casefold()
    if word in YES:
        return name
    return status if status or word in NO else cell.strip()


def read_permission(cell: str, status: str) -> str:
    """Return the status by a column such as `allowed`, whose cell `no` forbids a translation."""
    word = cell.strip().casefold()
    if word in NO - {"", "-"}:
        return "not allowed"
    return status if status or word in YES or word in NO else cell.strip()


def _read_word(word: str) -> Status:
    word = _REMARK.sub("", word.strip().casefold())
    plain = _fold(re.sub(r"-admn-sts$", "", word))
    if not plain:
        return _SIGNS.get(word.strip("\ufe0f "), "accepted" if word in NO else "unknown")
    plain = plain.removeprefix("is")
    return _STATUS_OF.get(plain) or _STATUS_OF.get(plain.removesuffix("term"), "unknown")


def _fold(word: str) -> str:
    """Return a word in small letters without accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize("NFC", re.sub(r"[^\w]|_", "", letters))


_REMARK = re.compile(r"\s*[(\[（][^()\[\]（）]*[)\]）]$")  # deprecated (since 2019)
_SIGNS: dict[str, Status] = {
    **dict.fromkeys("✗✘❌⛔🚫☒✖👎", "forbidden"),
    **dict.fromkeys("✓✔✅☑👍★⭐–—/.", "accepted"),
}  # fmt: skip
_STATUS_OF: dict[str, Status] = {
    _fold(word): status for status, words in _WORDS.items() for word in words.split()
}
