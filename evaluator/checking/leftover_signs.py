"""How left-overs of pipelines show in a text: patterns for a single text."""

from __future__ import annotations

import re

QUOTED = re.compile(
    r"""\s*(?:".*"|“.*”|”.*”|„.*[“”]|«.*»|».*«|'.*'|‘.*’"""
    r"""|‹.*›|「.*」|『.*』|`.*`)\s*$""",
    re.DOTALL,
).match
# UTF-8 read as Windows-1252 or Latin-1: the start of a character of two to four bytes, then as
# many characters as it has further bytes.
_LATER = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
MOJIBAKE = re.compile(
    f"[\u00c2-\u00df](?!»)[{_LATER}]|[\u00e0-\u00ef][{_LATER}]{{2}}|[\u00f0-\u00f4][{_LATER}]{{3}}"
).search
# A model's excuse in the place of a translation.
NO_ANSWER = re.compile(
    r"\W{0,3}(?:i(?:['’]m| am) (?:sorry|unable|afraid)|(?:sorry, )?i can(?:['’]t|not| not) "
    r"(?:help|assist|translate|provide|fulfil)|as an? (?:ai|(?:large )?language model)\b"
    r"|je suis désolé|je ne peux pas (?:traduire|vous aider)|lo siento|no puedo (?:traducir|ayudar)"
    r"|(?:es )?tut mir leid|ich kann (?:diesen|das) .{0,20}nicht übersetzen"
    r"|извините|к сожалению, я не|抱歉|对不起|申し訳|죄송)",
    re.IGNORECASE,
).match
# A source that apologises may be translated in such words.
APOLOGY = re.compile(
    r"sorry|apolog|excuse|pardon|afraid|désol|siento|leid\b|entschuldig|прости|извини"
    r"|抱歉|对不起|申し訳|すみません|죄송",
    re.IGNORECASE,
).search
# Base64, numbers of tokens or characters, bytes with percent signs.
OTHER_FORM = re.compile(
    r"\s*(?:[A-Za-z0-9+/_-]{24,}={0,2}\s*$|\[?\d{1,7}(?:[ ,]{1,2}\d{1,7}){5,}+\]?\s*$"
    r"|[^\s%]{0,60}%[0-9A-F]{2}[^\s%]{0,60}%[0-9A-F]{2}\S*\s*$)"
).match
NOTHING = {"nan", "none", "null", "n/a", "undefined", "<na>", "nil"}
SCORE_FIRST = re.compile(r"\s*(?:-\d{1,4}\.\d+|\d\.\d{3,})\s+[^\W\d]").match
SCORE_LAST = re.compile(
    r"\s(?:[-−]\d{1,4}\.\d+|\d\.\d{3,}|\[\d{1,7}\]|\([-−]?\d{1,4}\.\d+\))$"
).search
# A sign of a list before the text: 7. (7) [7/20] 7/20: <7> ⑦ 7° b) iv. #. \item
LIST_SIGN = re.compile(
    r"\s*(?:[(\[#<【]?\d{1,7}(?:\s?/\s?\d{1,7})?(?:[.):\]>】°~](?!\d)|\s+-)|\d{1,7}/\d{1,7}\s"
    r"|[\u2460-\u24ff]|\(?(?:[a-z]|[ivx]{1,5})\)|[ivx]{1,5}\.|#\.\s|\\item\b)\s*[^\W\d]"
).match
_NOTES = (
    r"(?:translat(?:or['’]s|ion) )?notes?|nb|n\.b\.|n\.d\.[tlr]\.|ndt|explanations?|comment"
    r"|note (?:du traducteur|del traduttore)|remarque|explication|hinweis|erklärung"
    r"|anm(?:erkung|\.)(?: d\. ?übers\.)?"
    r"|nota(?: del? (?:traductor|tradutor|traduttore))?|explicación"
    r"|obs(?:ervação|\.)|explicação|spiegazione|opmerking|uwaga"
    r"|прим(?:ечание|\.)(?: переводчика)?|пояснение"
    r"|注意?|译注|註|訳注|補足|説明|说明|解释|주|참고|설명|ملاحظة"
)
# In brackets, or as a sentence of its own.
NOTE = rf"(?:[(\[（【]|[.!?。！？…][\"»”」]?\s+\*{{0,2}})\s?(?:{_NOTES})\*{{0,2}}\s?[:：]"
CODE = r"[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?"
SPECIAL = (
    r"</?(?:s|pad|bos|eos|cls|sep|mask|sos|extra_id_\d+|start_of_turn|end_of_turn)>"
    r"|\[(?:CLS|SEP|PAD|MASK|BOS|EOS|INST|/INST)\]|<\|[\w.-]+\|>"
)
PLACEHOLDER = (
    r"⟦\d+⟧|(?<!_)_{2,}+[A-Za-z]{0,30}[ _-]?\d"
    r"|[<\[{⟦⟨$#%]/?(?:term|entity|ent|ph|tag|num|url|var|placeholder|x)"
    r"[ _-]?\d+|\b(?:TERM|ENTITY|PLACEHOLDER|XTERM)[_-]?\d+"
)
PREFACE = (
    r"(?:sure|certainly|of course|okay|here(?:'s|’s| is| are)|(?:the )?translation|translated"
    r"|output|answer|target|voici|traduction|aquí|traducción|hier ist|übersetzung|вот|перевод"
    r"|以下|翻译|译文|翻譯|번역)[^:：]{0,80}[:：!]"
)

begins_with_preface = re.compile(rf"\s*{PREFACE}", re.IGNORECASE).match
