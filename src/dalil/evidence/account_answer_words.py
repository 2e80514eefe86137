"""The answers about transfers, links and freezes on chains that keep accounts.

As in `answer_words`: (status, basis, English, Arabic).
"""

from __future__ import annotations

from typing import Literal

__all__ = ["ACCOUNT_ANSWERS"]

_Status = Literal["answered", "open", "not_applicable"]

ACCOUNT_ANSWERS: dict[str, tuple[_Status, str, str, str]] = {
    "took_effect:tron-tree": (
        "answered",
        "verifier",
        "Yes: the raw transaction carries its result; the verifier hashes both into "
        "the tree whose root stands in the header that the producer signed.",
        "نعم: تحمل المعاملة الخام نتيجتها؛ ويحسب المُدقِّق بصمتهما معًا ضمن الشجرة التي "
        "يرد جذرها في ترويسة الكتلة الموقَّعة من منتجها.",
    ),
    "took_effect:receipt-trie": (
        "answered",
        "verifier",
        "Yes: the receipt says so, and the verifier follows it up the receipts' tree "
        "to the block's hash.",
        "نعم: يقول الإيصال ذلك، ويصعد به المُدقِّق شجرة الإيصالات حتى بصمة الكتلة.",
    ),
    "took_effect:node-asserted": (
        "open",
        "not_checked",
        "A node or a file says so; no proof of it is in this bundle.",
        "هذا قول عقدة أو ملف؛ وليس في هذه الحزمة برهان عليه.",
    ),
    "on_the_chain:tron-tree": (
        "open",
        "verifier",
        "A producer signed it. That the producer was elected, and that later blocks "
        "built on it, rests on the stated set of producers.",
        "وقّعها منتج كتل. أما أنه منتخب وأن كتلًا لاحقة بُنيت عليها فيستند إلى قائمة "
        "المنتجين المذكورة.",
    ),
    "on_the_chain:receipt-trie": (
        "open",
        "not_checked",
        "The block's hash is computed; compare it with any node you trust.",
        "بصمة الكتلة محسوبة؛ فقارنها بأي عقدة تثق بها.",
    ),
    "on_the_chain:node-asserted": (
        "open",
        "not_checked",
        "A node or a file says so; compare it with any node you trust.",
        "هذا قول عقدة أو ملف؛ فقارنه بأي عقدة تثق بها.",
    ),
    "which_token:contract": (
        "answered",
        "statement.token",
        "It is the token of the contract named; a name or symbol plays no part.",
        "هو رمز العقد المذكور بعينه؛ ولا أثر لاسم أو رمز مختصر في ذلك.",
    ),
    "customers_of_a_service:open": (
        "open",
        "not_checked",
        "They could: payment processors and exchanges make the same pattern.",
        "هذا محتمل: فمعالجات الدفع ومنصات التداول تُحدث النمط نفسه.",
    ),
    "rule_can_fail:stated": (
        "answered",
        "premises.rule_version",
        "Its failure modes and measured rates stand in the method section ({0}).",
        "أوجه إخفاقها ومعدلاتها المقيسة مذكورة في قسم المنهج ({0}).",
    ),
    "whose_decision:open": (
        "open",
        "not_checked",
        "The issuer's key holders; the ledger does not say at whose request.",
        "أصحاب مفاتيح جهة الإصدار؛ ولا يقول السجل بطلبٍ مِن مَن.",
    ),
    "outflow_by_chance:none": (
        "not_applicable",
        "premises.outflow_amount",
        "Nothing left between request and freeze, or no request is known.",
        "لم يخرج شيء بين طلب التجميد وتنفيذه، أو لا يُعرف طلبٌ سابق.",
    ),
    "outflow_by_chance:some": (
        "open",
        "premises.outflow_amount",
        "It could: {0} transfers left in the window. How often that happens without "
        "a freeze is measured apart; it is no sign of guilt.",
        "هذا محتمل: فقد خرج في تلك المدة {0} من التحويلات. وكم يحدث ذلك بلا تجميد "
        "يُقاس على حدة؛ وليس في ذلك دليل إدانة.",
    ),
}
