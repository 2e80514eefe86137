"""The words of the answers to critical questions, in two languages.

An answer is (status, basis, English, Arabic); ``{0}`` and ``{1}`` take values
from the premises.
"""

from __future__ import annotations

from typing import Literal

from dalil.evidence.account_answer_words import ACCOUNT_ANSWERS

__all__ = ["ANSWERS"]

_Status = Literal["answered", "open", "not_applicable"]

_OPEN_AR = "لا يجيب السجل عن هذا السؤال؛ وهو متروك لتقدير الإنسان."
_OPEN = "The ledger does not answer this; it is for people to judge."

_ANSWERS: dict[str, tuple[_Status, str, str, str]] = {
    "unchanged:hash": (
        "answered",
        "exhibit",
        "Yes, since it was taken in: its SHA-256 names its bytes. What happened "
        "before that, the hash does not tell.",
        "نعم، منذ إدخاله: إذ تحدّد بصمة SHA-256 محتواه بايتًا بايتًا. أما ما جرى قبل "
        "ذلك فلا تُخبر عنه البصمة.",
    ),
    "at_this_place:from_bytes": (
        "answered",
        "verifier",
        "Yes: the verifier decodes the exhibit, cuts out the stated characters and "
        "repeats each step up to the value.",
        "نعم: يفكّ المُدقِّق ترميز المستند ويقتطع الأحرف المذكورة ويعيد كل خطوة حتى "
        "يصل إلى القيمة.",
    ),
    "at_this_place:derived": (
        "answered",
        "premises.text_sha256",
        "Yes, in the text that was extracted from the exhibit; the extraction itself "
        "is not checked and can be compared by eye.",
        "نعم، في النص المستخرج من المستند؛ أما الاستخراج نفسه فلم يُدقَّق ويمكن "
        "مقارنته بالعين.",
    ),
    "misread:valid": (
        "answered",
        "premises.checksum",
        "Hardly: its checksum is valid, which a random error passes about once in "
        "four thousand million.",
        "هذا مستبعد: فرمز التحقق صحيح، ولا يجتازه خطأ عشوائي إلا مرة في نحو أربعة "
        "مليارات.",
    ),
    "misread:none": (
        "open",
        "premises.checksum",
        "This form carries no checksum, so an error cannot be excluded.",
        "لا تحمل هذه الصيغة رمز تحقق، ولذلك لا يمكن استبعاد الخطأ.",
    ),
    "misread:invalid": (
        "answered",
        "premises.checksum",
        "Yes: its checksum does not fit. It is listed as written and nothing rests "
        "on it.",
        "نعم: رمز التحقق غير مطابق. وقد أُدرج كما كُتب ولا يُبنى عليه شيء.",
    ),
    "misread:repaired": (
        "answered",
        "premises.steps",
        "It was: look-alike characters were replaced, and the checksum then fitted. "
        "The raw form and each replacement are stated.",
        "نعم، فقد استُبدلت أحرف متشابهة الشكل ثم طابق رمز التحقق. والصيغة الأصلية وكل "
        "استبدال مذكوران.",
    ),
    "whose_words:open": ("open", "not_checked", _OPEN, _OPEN_AR),
    "genuine_capture:open": (
        "open",
        "not_checked",
        "A bundle cannot show this; it rests on whoever captured the exhibit.",
        "لا يمكن للحزمة أن تُثبت ذلك؛ فهو يستند إلى من التقط المستند.",
    ),
    "in_a_block:merkle": (
        "answered",
        "verifier",
        "Yes: the verifier hashes the raw transaction, climbs its Merkle branch to "
        "the header and checks the header's work.",
        "نعم: يحسب المُدقِّق بصمة المعاملة الخام، ويصعد فرع ميركل حتى ترويسة الكتلة، "
        "ويتحقق من إثبات العمل فيها.",
    ),
    "most_work:verifier": (
        "answered",
        "verifier",
        "The verifier counts the work shown and says whether it hangs from genesis "
        "or a checkpoint; otherwise it prints `unanchored`.",
        "يحسب المُدقِّق مقدار العمل المُثبت ويبيّن هل يتصل بكتلة التكوين أو بنقطة مرجعية "
        "معلومة؛ وإلا طبع «unanchored» أي غير موصول بمرجع.",
    ),
    "who_received:open": (
        "open",
        "not_checked",
        "No: an address is not a person. Only a tag or other evidence can say more.",
        "لا: فالعنوان ليس شخصًا. ولا يفيد بأكثر من ذلك إلا وسمٌ أو دليل آخر.",
    ),
    "coinjoin:gate": (
        "answered",
        "premises.links",
        "None has the shape of one by the stated rule ({0}); the verifier repeats a "
        "simple form of it. Its misses are in the method section.",
        "ليس لأيٍّ منها شكل معاملة مشتركة بحسب القاعدة المذكورة ({0})؛ ويعيد المُدقِّق "
        "صيغة مبسطة منها. وما يفوت القاعدةَ مذكور في قسم المنهج.",
    ),
    "payjoin:open": (
        "open",
        "not_checked",
        "Yes, it could: a PayJoin looks like an ordinary payment.",
        "نعم، هذا محتمل: فمعاملة PayJoin تبدو كدفعة عادية.",
    ),
    "shared_keys:open": ("open", "not_checked", _OPEN, _OPEN_AR),
    "weakest_link:one": (
        "answered",
        "premises.links",
        "The two addresses were spent together in the one transaction stated; others "
        "that join them are not listed.",
        "صُرف من العنوانين معًا في المعاملة الواحدة المذكورة؛ ولم تُدرج معاملات أخرى "
        "قد تربط بينهما.",
    ),
    "weakest_link:chain": (
        "answered",
        "premises.links",
        "It needs every one of the {0} links stated, unless another chain exists "
        "beside this shortest one.",
        "يلزم لذلك كلُّ رابط من الروابط المذكورة (عددها {0})، ما لم توجد سلسلة أخرى "
        "إلى جانب هذه السلسلة الأقصر.",
    ),
    "other_evidence:open": ("open", "not_checked", _OPEN, _OPEN_AR),
    "source_knows:stated": (
        "open",
        "premises.tag",
        "Source: {0}. Its own class of confidence: {1}. Whether that is deserved is "
        "for people to judge.",
        "المصدر: {0}. ودرجة الثقة بحسب المصدر نفسه: {1}. أما استحقاقها فمتروك لتقدير "
        "الإنسان.",
    ),
    "source_knows:silent": (
        "open",
        "premises.tag",
        "Source: {0}. It states no class of confidence.",
        "المصدر: {0}. ولم يذكر درجةً للثقة.",
    ),
    "in_force:dated": (
        "answered",
        "premises.tag",
        "From {0} to {1}, as the source dates it; amounts outside these dates stand "
        "apart.",
        "من {0} إلى {1} بحسب تأريخ المصدر؛ وتُذكر المبالغ الواقعة خارج هذه المدة على "
        "حدة.",
    ),
    "in_force:undated": (
        "open",
        "premises.tag",
        "The source gives no dates, so nothing says when it began or ended.",
        "لم يذكر المصدر تواريخ، فلا شيء يبيّن متى بدأ ذلك أو انتهى.",
    ),
    "contradicted:yes": (
        "answered",
        "premises.contradicting",
        "Yes: other claims, {0} in number, are listed beside this one.",
        "نعم: ادعاءات أخرى عددها {0} مدرجة إلى جانب هذا الادعاء.",
    ),
    "contradicted:no": (
        "answered",
        "premises.contradicting",
        "None of the imported sources does. Others may.",
        "لا يسمّي أيٌّ من المصادر المستوردة جهةً أخرى. وقد تسمّيها مصادر سواها.",
    ),
    "true:open": (
        "open",
        "not_checked",
        "A bundle shows that the source says so, not that it is true.",
        "تُثبت الحزمة أن المصدر يقول ذلك، لا أن ما يقوله صحيح.",
    ),
    "rule_of_account:interval": (
        "answered",
        "verifier",
        "The interval does not: it holds under every rule that conserves value. The "
        "single figures (FIFO, LIFO, haircut, poison) do, and are named as such.",
        "أما المجال فلا يتوقف عليها: فهو صحيح في ظل كل قاعدة تحفظ القيمة. وأما الأرقام "
        "المفردة (الوارد أولًا، والوارد أخيرًا، والتناسب، والتلوّث الكامل) فتتوقف عليها "
        "وتُذكر بأسمائها.",
    ),
    "complete:whole": (
        "answered",
        "premises.reentry",
        "Not in the blocks from the seeds on, which are whole and consecutive. That "
        "they are complete rests on the ledger, not on this bundle.",
        "ليس في الكتل المعنيّة بدءًا من نقاط الانطلاق، فهي كاملة ومتتابعة. ويستند "
        "اكتمالها إلى السجل لا إلى هذه الحزمة.",
    ),
    "complete:gaps": (
        "answered",
        "premises.reentry",
        "Yes: the ledger has gaps, and the upper bound is widened for it.",
        "نعم: ففي السجل فجوات، وقد وُسِّع الحد الأعلى لأجلها.",
    ),
    "who_is_the_target:tag": (
        "answered",
        "premises.addresses",
        "A tag on each address itself, with its source and dates.",
        "وسمٌ على كل عنوان بعينه، مع مصدره وتواريخه.",
    ),
    "who_is_the_target:cluster": (
        "answered",
        "premises.addresses",
        "For some, only that they act together with a tagged address; the cluster "
        "findings and their questions apply.",
        "في بعضها، مجرد أنها تعمل مع عنوان موسوم؛ فتنطبق نتائج التجميع وأسئلتها.",
    ),
    "who_is_the_target:deposit": (
        "answered",
        "premises.addresses",
        "For some, only that they forward what they get to a tagged wallet of a "
        "service; the links and their questions apply.",
        "في بعضها، مجرد أنها تحوّل ما تتلقاه إلى محفظة موسومة لخدمة؛ فتنطبق الروابط "
        "وأسئلتها.",
    ),
    "who_is_the_target:request": (
        "answered",
        "premises.addresses",
        "The analyst named them; no source stands behind it here.",
        "سمّاها المحلل؛ ولا مصدر وراء ذلك هنا.",
    ),
    "unnamed_service:open": (
        "open",
        "not_checked",
        "It may have: behind an unnamed service the money would be its customers', "
        "and the trace should have ended there.",
        "هذا محتمل: فوراء خدمة غير مسماة تصير الأموال أموال عملائها، وكان ينبغي أن "
        "يتوقف التتبع عندها.",
    ),
    "knowledge:open": (
        "open",
        "not_checked",
        "No. Amounts say nothing about what anyone knew or meant.",
        "لا. فالمبالغ لا تقول شيئًا عمّا علمه أحد أو قصده.",
    ),
    "price_known:given": (
        "answered",
        "premises.source",
        "From the stated daily series: {0}.",
        "من السلسلة اليومية المذكورة: {0}.",
    ),
    "price_known:none": (
        "open",
        "premises.price",
        "The series has no price for this day, so no value is given.",
        "لا تتضمن السلسلة سعرًا لهذا اليوم، ولذلك لم تُذكر قيمة.",
    ),
    "price_of_the_moment:open": (
        "open",
        "not_checked",
        "Not necessarily: it is one figure for the whole UTC day.",
        "ليس بالضرورة: فهو رقم واحد لليوم كله بالتوقيت العالمي.",
    ),
}
ANSWERS = _ANSWERS | ACCOUNT_ANSWERS
