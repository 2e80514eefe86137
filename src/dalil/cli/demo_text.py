"""What the demo prints for people: the answer, where it lies, what to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.units import format_btc

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["demo_text"]

_WORDS = {
    "en": {
        "exercise": "EXERCISE: every name, address and amount is invented.",
        "report": "Report",
        "reached": "What reached whom (lower – upper bound)",
        "direct": "directly",
        "undetermined": "not determinable",
        "no_price": "no price for a day",
        "found": "Found",
        "counts": "{indicators} indicators · {clusters} clusters of seeds · "
        "{tags} tags met · {stops} stops · {findings} findings",
        "ledger": "Ledger",
        "ledger_counts": "{n_blocks:,} blocks, {n_tx:,} transactions, {n_addresses:,} "
        "addresses",
        "bundle": "Bundle",
        "verified": "verified: {n} checks",
        "broken": "DOES NOT VERIFY",
        "root": "Root",
        "review": "Review",
        "score": "Against the exercise's truth",
        "precision": "precision",
        "recall": "recall",
        "indicators": "indicators",
        "clusters": "clusters",
        "flows": "flows that contain the truth",
        "coinjoins": "CoinJoins typed",
        "charities": "charities accused",
        "of": "of",
        "next": "Try next, on your own data",
        "look": "open the report",
    },
    "ar": {
        "exercise": "تمرين: كل اسم وعنوان ومبلغ هنا مختلق.",
        "report": "التقرير",
        "reached": "ما وصل وإلى من (الحد الأدنى – الحد الأعلى)",
        "direct": "مباشرةً",
        "undetermined": "لا يمكن التحديد",
        "no_price": "لا سعر لأحد الأيام",
        "found": "النتائج",
        "counts": "المؤشرات {indicators} · مجموعات عناوين البداية {clusters} · الوسوم "
        "{tags} · نقاط التوقف {stops} · الاستنتاجات {findings}",
        "ledger": "السجل",
        "ledger_counts": "الكتل {n_blocks:,}، المعاملات {n_tx:,}، العناوين "
        "{n_addresses:,}",
        "bundle": "حزمة الأدلة",
        "verified": "تحقّقت: {n} فحصاً",
        "broken": "لم تتحقّق",
        "root": "الجذر",
        "review": "المراجعة",
        "score": "بالمقارنة مع حقيقة التمرين",
        "precision": "الدقة",
        "recall": "الاستدعاء",
        "indicators": "المؤشرات",
        "clusters": "المجموعات",
        "flows": "مسارات تحوي المبلغ الحقيقي",
        "coinjoins": "معاملات CoinJoin المصنَّفة",
        "charities": "جمعيات خيرية متَّهمة",
        "of": "من",
        "next": "جرّب الآن على بياناتك",
        "look": "افتح التقرير",
    },
}

_NEXT = (
    "dalil ledger build LEDGER --blocks ~/.bitcoin/blocks",
    "dalil ledger build LEDGER --source esplora-json:saved-transactions.json",
    "dalil tags import tagpack.yaml --tags TAGS",
    "dalil case new CASE --seed ADDRESS --source 'who published it' --ledger LEDGER",
    "dalil investigate CASE",
    "dalil verify CASE/bundle --root ROOT",
)


def demo_text(result: dict[str, Any], folder: Path, lang: str) -> str:
    """Lay the demo's result out; identifiers and amounts read left to right."""
    w = _WORDS[lang]
    lines = [
        w["exercise"],
        f"{w['report']}: {result['report']}",
        "",
        f"{w['reached']}:",
    ]
    for target in result["targets"]:
        lines += _target(target, w)
    state = w["verified"] if result["verified"] else w["broken"]
    counts = w["counts"].format(
        indicators=len(result["indicators"]),
        clusters=result["n_clusters"],
        tags=result["n_tags_met"],
        stops=len(result["stops"]),
        findings=result["n_findings"],
    )
    lines += [
        "",
        f"{w['found']}: {counts}",
        f"{w['ledger']}: {w['ledger_counts'].format(**result['ledger'])}",
        f"{w['bundle']}: {result['bundle']} ({state.format(n=result['n_checks'])})",
        f"{w['root']}: {result['root']}",
        f"{w['review']}: {result['review']}",
        "",
        f"{w['score']}:",
        *_score(result["score"], w),
        "",
        f"{w['next']}:",
        *(f"  {command}" for command in _NEXT),
        f"  xdg-open {result['report']}    # {w['look']}",
        f"  dalil verify {folder}/case/bundle --root {result['root']}",
    ]
    return "\n".join(lines)


def _target(target: dict[str, Any], w: dict[str, str]) -> list[str]:
    low, high = target["lower_sat"], target["upper_sat"]
    money = target["money"]
    worth = ""
    if money and money["lower"] is None:
        worth = f"; {w['no_price']}"
    elif money:
        worth = f"; {money['lower']} – {money['upper']} {money['currency']}"
    unsure = "" if low else f" ({w['undetermined']})"
    direct = format_btc(target["direct_sat"])
    return [
        f"  {target['name']}",
        f"      {format_btc(low)} – {format_btc(high)} BTC{worth}{unsure}; "
        f"{w['direct']} {direct} BTC",
    ]


def _rate(rate: dict[str, Any], w: dict[str, str]) -> str:
    if not rate["n"]:
        return f"0 {w['of']} 0"
    low, high = 100 * rate["low"], 100 * rate["high"]
    return f"{rate['hits']} {w['of']} {rate['n']} ({low:.1f}–{high:.1f} %)"


def _score(score: dict[str, Any], w: dict[str, str]) -> list[str]:
    lines = []
    for part in ("indicators", "clusters", "coinjoins"):
        for figure in ("precision", "recall"):
            rate = (score[part] or {}).get(figure)
            if rate:
                lines.append(f"  {w[part]}, {w[figure]}: {_rate(rate, w)}")
    benign = score["benign"]
    return [
        *lines,
        f"  {w['flows']}: {_rate(score['flows']['contained'], w)}",
        f"  {w['charities']}: {len(benign['accused'])} {w['of']} "
        f"{benign['n_charities']}",
    ]
