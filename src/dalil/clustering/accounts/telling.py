"""Freeze windows in plain words, English and Arabic; figures, and no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dalil.clustering.accounts.base_rate import BaseRate

__all__ = ["Words", "shown", "window_words"]


class Words(NamedTuple):
    """The same words in English and Arabic."""

    en: str
    ar: str


_NO_REQUEST = Words(
    "No request to freeze is known: there is no window to look into.",
    "لا يُعرف طلبُ تجميد سابق، فلا مدة يُنظر فيها.",
)
_NO_OUTFLOW = Words(
    "No outflow inside the window of {seconds} seconds between request and freeze.",
    "لا خروج داخل المدة بين طلب التجميد وتنفيذه، وطولها {seconds} ثانية.",
)
_OUTFLOW = Words(
    "Outflow inside the window of {seconds} seconds between request and freeze: "
    "{n} transfers, {amount} {unit}.",
    "خروج داخل المدة بين طلب التجميد وتنفيذه، وطولها {seconds} ثانية: "
    "عدد التحويلات {n}، ومقدارها {amount} {unit_ar}.",
)
_TESTED = Words(
    "Of {windows} earlier windows of the same length, {many} had as many transfers "
    "out or more (p = {p:.3f}). That does not tell why it left: it may be chance.",
    "من أصل {windows} مدة سابقة بالطول نفسه، كان في {many} منها مثل هذا العدد من "
    "التحويلات الخارجة أو أكثر (p = {p:.3f}). "
    "وهذا لا يبيّن سبب الخروج: فقد يكون مصادفة.",
)
_UNKNOWN = Words(
    "Unknown whether that is unusual: there is too little history to compare with.",
    "لا يُعرف هل هذا غير معتاد: فالتاريخ السابق أقل من أن يُقارن به.",
)


def shown(amount: int, decimals: int | None) -> str:
    """Write base units as whole tokens, exactly; as they are without decimals.

    >>> shown(1_500_000, 6), shown(1, 6), shown(7, None)
    ('1.5', '0.000001', '7')
    """
    if not decimals:
        return str(amount)
    whole, part = divmod(amount, 10**decimals)
    digits = f"{part:0{decimals}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def window_words(
    seconds: int | None,
    n: int,
    amount: int | None,
    decimals: int | None,
    rate: BaseRate | None,
) -> Words:
    """Tell one window: its outflow, and how usual that is."""
    if seconds is None or amount is None:
        return _NO_REQUEST
    told = _OUTFLOW if n else _NO_OUTFLOW
    known = decimals is not None
    values = {
        "seconds": seconds,
        "n": n,
        "amount": shown(amount, decimals),
        "unit": "tokens" if known else "base units",
        "unit_ar": "وحدة" if known else "وحدة أساسية",
    }
    parts = [Words(told.en.format(**values), told.ar.format(**values))]
    if n:
        parts.append(_rate_words(rate))
    return Words(" ".join(p.en for p in parts), " ".join(p.ar for p in parts))


def _rate_words(rate: BaseRate | None) -> Words:
    if rate is None or rate.p_value is None:
        return _UNKNOWN
    values = {
        "windows": rate.n_windows,
        "many": rate.n_as_many + rate.n_more,
        "p": rate.p_value,
    }
    return Words(_TESTED.en.format(**values), _TESTED.ar.format(**values))
