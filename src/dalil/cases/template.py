"""A new ``case.toml``: every key there is, explained in English and Arabic."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dalil.cases.charter import CHARTER_FILE
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.cases.charter import Seed

__all__ = ["NewCase", "charter_text", "create_case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What is known of a case when it is opened; paths as the user gave them."""

    title: str = ""
    language: str = "en"
    seeds: Sequence[Seed] = ()
    ledgers: Sequence[Path] = ()
    tags: Sequence[Path] = ()
    prices: Path | None = None


def create_case(folder: Path, new: NewCase) -> Path:
    """Write a commented charter into `folder`, which is made where needed.

    Captured files may lie in the folder already. A charter that is there is
    never overwritten.

    Raises
    ------
    InputError
        If the folder has a charter, or cannot be written.
    """
    path = folder / CHARTER_FILE
    text = charter_text(folder, new)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        message = "there is a charter already; edit it, or choose another folder"
        raise InputError(message, path) from None
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", path) from error
    return path


def charter_text(folder: Path, new: NewCase) -> str:
    """Write the charter's text; paths become relative to `folder`."""
    prices = f"prices = {_path(folder, new.prices)}" if new.prices else _NO_PRICES
    head = _HEAD.format(
        title=_quoted(new.title),
        language=_quoted(new.language),
        ledgers=_paths(folder, new.ledgers),
        tags=_paths(folder, new.tags),
        prices=prices,
    )
    seeds = "".join(map(_seed, new.seeds)) or _NO_SEEDS
    return head + seeds + _TAIL


def _quoted(text: str) -> str:
    """Quote a text for TOML: JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _path(folder: Path, path: Path) -> str:
    relative = Path(os.path.relpath(path.absolute(), folder.absolute()))
    return _quoted(relative.as_posix())


def _paths(folder: Path, paths: Sequence[Path]) -> str:
    return "[" + ", ".join(_path(folder, path) for path in paths) + "]"


def _seed(seed: Seed) -> str:
    return (
        f"\n[[seeds]]\n{seed.kind} = {_quoted(seed.text)}\n"
        f"source = {_quoted(seed.source)}\nnote = {_quoted(seed.note)}\n"
    )


_HEAD = """\
# The charter of this case. Blank is allowed: results then stay a DRAFT.
# ميثاق هذه القضية. يجوز ترك الخانات فارغة، وعندئذ تبقى النتائج مسودة.

title = {title}
# What question is to be answered, and for whom. / ما السؤال المطلوب جوابه، ولمن.
purpose = ""
# The law or order that allows this work. / القانون أو الأمر الذي يجيز هذا العمل.
legal_basis = ""
# The office that answers for it. / الجهة المسؤولة عنه.
authority = ""
# Who works the case, and who else reviews it. / من يعمل على القضية، ومن يراجعها غيره.
analyst = ""
reviewer = ""
# The day by which personal data must go, such as 2027-12-31.
# اليوم الذي تُحذف بحلوله البيانات الشخصية، مثل 2027-12-31.
retention_date = ""
# true marks every page EXERCISE. / true يَسِم كل صفحة بكلمة تمرين.
exercise = false
# Language of the report shown first: "en" or "ar". / لغة التقرير الأولى.
language = {language}

# Paths are taken from this folder. / تُحسب المسارات من هذا المجلد.
# Ledgers built with `dalil ledger build`. / دفاتر بُنيت بالأمر `dalil ledger build`.
ledgers = {ledgers}
# Tag stores, or tag files. / مخازن الوسوم أو ملفاتها.
tags = {tags}
# Daily prices (CSV), for amounts in money of the day. / الأسعار اليومية (CSV).
{prices}
# Saved answers of a node, to prove transfers between accounts with.
# أجوبة محفوظة من عقدة، يُبرهَن بها على التحويلات بين الحسابات.
# node_answers = ["blocks.jsonl"]
# Prices of a token, by its symbol or CAIP-19; may be given several times.
# أسعار رمز بعينه، برمزه المختصر أو باسمه CAIP-19؛ ويجوز تكرارها.
# [[token_prices]]
# token = "USDT"
# file = "usdt.csv"

# Which clusters count: "default", "strict" or "broad"; the conclusions are
# run under all three. / أي التجميعات يُعتمد؛ وتُعاد النتائج تحت الثلاثة كلها.
[rules]
profile = "default"

# How far traces go; without these, to the ledger's end.
# مدى التتبع؛ وبدونها إلى آخر الدفتر.
[limits]
# max_hops = 10
# until = 2025-12-31
# min_value_sat = 0

# Senders' names become pseudonyms unless you say on which ground not.
# تُستبدل أسماء المرسلين بأسماء مستعارة ما لم تذكر سببا قانونيا لغير ذلك.
[privacy]
pseudonyms = true
# why_not = ""

# Where the money starts, if not in the captured files; each with its published
# source. / من أين يبدأ المال إن لم يكن في الملفات؛ ولكل عنوان مصدره المنشور.
"""

_NO_PRICES = '# prices = "prices.csv"'

_NO_SEEDS = """\
# [[seeds]]
# address = ""    # or: outpoint = "txid:index"
# source = ""     # who published it, where, when
# note = ""
"""

_TAIL = """
# What a captured file is: an "appeal" asks for money, a "report" tells of it,
# "other" does neither. Unlisted files count as appeals.
# صفة كل ملف: "appeal" نداء لجمع المال، "report" خبر عنه، "other" غير ذلك.
# [[exhibits]]
# file = "news.html"
# role = "report"
"""
