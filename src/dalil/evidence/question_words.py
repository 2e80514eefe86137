"""The words of the critical questions, in two languages.

Keys are stable: reports and reviews refer to them.
"""

from __future__ import annotations

__all__ = ["QUESTIONS"]

_FLOW = {
    "rule_of_account": (
        "Does the amount depend on the rule by which money is followed?",
        "هل يتوقف المبلغ على القاعدة المتّبعة في تتبّع الأموال؟",
    ),
    "complete": (
        "Could the money have moved where the ledger does not see?",
        "هل يُحتمل أن تكون الأموال قد تحركت حيث لا يراها السجل؟",
    ),
    "who_is_the_target": (
        "What makes the receiving addresses the target's?",
        "ما الذي يجعل العناوين المُستقبِلة منسوبةً إلى الجهة المقصودة؟",
    ),
    "unnamed_service": (
        "Did the money pass a service that nobody has named?",
        "هل مرّت الأموال بخدمة لم يسمّها أحد؟",
    ),
    "knowledge": (
        "Does it show that anyone knew where the money came from or would go?",
        "هل يدل ذلك على أن أحدًا كان يعلم مصدر الأموال أو وجهتها؟",
    ),
}
"""Asked of a flow of coin and of one of tokens alike."""

QUESTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "appears": {
        "unchanged": (
            "Is the exhibit unchanged since it was taken in?",
            "هل بقي المُستند المضبوط على حاله منذ إدخاله في القضية؟",
        ),
        "at_this_place": (
            "Does the indicator really stand at the stated place of the exhibit?",
            "هل يرد المؤشِّر فعلًا في الموضع المذكور من المستند؟",
        ),
        "misread": (
            "Could the string have been misread, mistyped or altered?",
            "هل يُحتمل أن تكون السلسلة قد قُرئت خطأً أو كُتبت خطأً أو حُرِّفت؟",
        ),
        "whose_words": (
            "Does the author offer the address as his own, or does he quote, report, "
            "warn or mock?",
            "هل يعرض الكاتب العنوان بوصفه عنوانه هو، أم ينقله أو يُخبر عنه أو يحذّر "
            "منه أو يسخر؟",
        ),
        "genuine_capture": (
            "Was the exhibit captured from where it is said to come from?",
            "هل التُقط المستند حقًّا من المصدر المنسوب إليه؟",
        ),
    },
    "pays": {
        "in_a_block": (
            "Does the transaction stand in a block with proof of work?",
            "هل المعاملة مُدرجة في كتلة تحمل إثبات عمل؟",
        ),
        "most_work": (
            "Does that block belong to the chain with the most work?",
            "هل تنتمي هذه الكتلة إلى السلسلة ذات العمل التراكمي الأكبر؟",
        ),
        "who_received": (
            "Does anything show who held the keys of the receiving address?",
            "هل ثمة ما يبيّن من كان يملك مفاتيح العنوان المُستقبِل؟",
        ),
    },
    "same_cluster": {
        "coinjoin": (
            "Could a transaction on the chain of links be a CoinJoin or another joint "
            "payment of several owners?",
            "هل يُحتمل أن تكون إحدى معاملات سلسلة الروابط معاملةَ «كوين جوين» أو دفعةً "
            "مشتركة أخرى بين عدة مالكين؟",
        ),
        "payjoin": (
            "Could payer and payee have made a transaction together (PayJoin)?",
            "هل يُحتمل أن يكون الدافع والمدفوع له قد أنشآ المعاملة معًا (PayJoin)؟",
        ),
        "shared_keys": (
            "Could several people hold the keys, or a custodian hold them for others?",
            "هل يُحتمل أن يشترك عدة أشخاص في المفاتيح، أو أن يحفظها أمينٌ نيابةً عن غيره؟",
        ),
        "weakest_link": (
            "Does the conclusion hang on a single transaction?",
            "هل يتوقف الاستنتاج على معاملة واحدة؟",
        ),
        "other_evidence": (
            "Is there evidence from outside the ledger for or against it?",
            "هل توجد أدلة من خارج السجل تؤيد ذلك أو تنفيه؟",
        ),
    },
    "tagged": {
        "source_knows": (
            "Is the source reliable, and was it in a position to know?",
            "هل المصدر موثوق، وهل كان في وضع يتيح له العلم بذلك؟",
        ),
        "in_force": (
            "For which dates does the claim hold?",
            "ما المدة التي يسري فيها هذا الادعاء؟",
        ),
        "contradicted": (
            "Does another source name someone else?",
            "هل يسمّي مصدرٌ آخر جهةً مختلفة؟",
        ),
        "true": (
            "Is what the source claims true?",
            "هل ما يدّعيه المصدر صحيح؟",
        ),
    },
    "flow": _FLOW,
    "valued": {
        "price_known": (
            "Where does the price come from?",
            "ما مصدر السعر؟",
        ),
        "price_of_the_moment": (
            "Is it the price anyone could have had at that moment?",
            "هل هو السعر الذي كان متاحًا لأي شخص في تلك اللحظة؟",
        ),
    },
    "transfers": {
        "took_effect": (
            "Did the transaction take effect and move this amount?",
            "هل نُفِّذت المعاملة فعلًا ونقلت هذا المبلغ؟",
        ),
        "on_the_chain": (
            "Does the block belong to the chain that people use?",
            "هل تنتمي الكتلة إلى السلسلة المعمول بها؟",
        ),
        "which_token": (
            "Is it the token it is taken for, and not another of the same name?",
            "هل هو الرمز المقصود حقًّا، لا رمزٌ آخر يحمل الاسم نفسه؟",
        ),
        "who_received": (
            "Does anything show who held the keys of the receiving address?",
            "هل ثمة ما يبيّن من كان يملك مفاتيح العنوان المُستقبِل؟",
        ),
    },
    "token_flow": _FLOW,
    "linked": {
        "customers_of_a_service": (
            "Could the addresses belong to different customers of one service?",
            "هل يُحتمل أن تكون العناوين لعملاء مختلفين لدى خدمة واحدة؟",
        ),
        "rule_can_fail": (
            "Where does the rule that links them fail?",
            "في أي الأحوال تخطئ القاعدة التي تربط بينها؟",
        ),
        "shared_keys": (
            "Could several people hold the keys, or a custodian hold them for others?",
            "هل يُحتمل أن يشترك عدة أشخاص في المفاتيح، أو أن يحفظها أمينٌ نيابةً عن غيره؟",
        ),
        "other_evidence": (
            "Is there evidence from outside the ledger for or against it?",
            "هل توجد أدلة من خارج السجل تؤيد ذلك أو تنفيه؟",
        ),
    },
    "frozen": {
        "whose_decision": (
            "Who decided on the freeze, and on what ground?",
            "من الذي قرر التجميد، وعلى أي أساس؟",
        ),
        "outflow_by_chance": (
            "Could what left before the freeze took effect have left by chance?",
            "هل يُحتمل أن يكون ما خرج قبل سريان التجميد قد خرج مصادفةً؟",
        ),
    },
}
