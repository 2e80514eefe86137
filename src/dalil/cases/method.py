"""The method section of a case: every rule it used, with its measured errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.cases.measured import COINJOIN_RATES, COSPEND_RATES
from dalil.clustering.accounts.deposits import DEPOSIT, DepositRule
from dalil.clustering.accounts.operational import OPERATIONAL, OperationalRule
from dalil.clustering.clusters import GUARD_SIZE
from dalil.clustering.coinjoin import RULES, RULES_VERSION
from dalil.clustering.cospend import COSPEND_VERSION
from dalil.evidence.document import Method, ProfileText, RuleFacts
from dalil.evidence.questions import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dalil.cases.charter import Charter

__all__ = ["method_of"]

_GATE = Text(
    "A transaction with the shape of a CoinJoin (Whirlpool, Wasabi 1, Wasabi 2, "
    "JoinMarket, or many equal outputs with a payer for each) joins nobody and "
    "ends a trace. A CoinJoin without that shape is not seen; a payment that "
    "happens to have it is taken for one, and then evidence is lost, not invented.",
    "المعاملة التي لها شكل CoinJoin (Whirlpool أو Wasabi 1 أو Wasabi 2 أو "
    "JoinMarket، أو مخرجات كثيرة متساوية لكلٍّ منها دافع) لا تربط بين أحد وتُنهي "
    "التتبّع. ولا تُرى معاملة CoinJoin التي ليس لها هذا الشكل، وقد تُحسب منها "
    "دفعةٌ عادية شابهتها، فيضيع دليل ولا يُختلق.",
)

_COSPEND = Text(
    "Addresses spent together in one transaction act together, unless the "
    "transaction is typed a CoinJoin. Fails where strangers pay together without "
    "that shape (PayJoin), and where one wallet serves many people.",
    "العناوين التي تُنفق معاً في معاملة واحدة تعمل معاً، ما لم تُصنَّف المعاملة "
    "CoinJoin. وتخطئ القاعدة حين يدفع غرباء معاً بغير هذا الشكل (PayJoin)، وحين "
    "تخدم محفظة واحدة أشخاصاً كثيرين.",
)
_BOUNDS = Text(
    "Every rule that conserves value gives a figure inside the stated interval; "
    "it comes from maximum flows over the transactions on the way. FIFO, LIFO and "
    "haircut are conventions: each is one way among many. Poison counts all that "
    "was touched and may exceed the interval.",
    "كل قاعدة تحفظ القيمة تعطي رقماً داخل النطاق المذكور، وهو مستخرج من التدفق "
    "الأقصى عبر المعاملات الواقعة على المسار. أمّا FIFO وLIFO وhaircut فأعراف "
    "محاسبية، وكلٌّ منها طريقة من طرق كثيرة. وpoison يعدّ كل ما مسّه المال وقد "
    "يتجاوز النطاق.",
)
_BORDERS = Text(
    "A service (exchange, mixer, processor, broker) ends the trace: what lies "
    "behind it is not the customer's and is attributed to nobody.",
    "الخدمة (منصة تداول أو خلّاط أو معالج مدفوعات أو وسيط) تُنهي التتبّع: فما "
    "وراءها ليس مال العميل ولا يُنسب إلى أحد.",
)
_DEPOSIT = Text(
    "An account that forwards nearly all it receives to one tagged service's wallet "
    "is taken for a deposit address of that service, and so for a border. Fails where "
    "a private person sends all he gets to one exchange: the trace then ends a step "
    "early, never too late.",
    "كل حساب يحوّل جُلّ ما يتلقاه إلى محفظة خدمة واحدة موسومة يُعدّ عنوان إيداع لتلك "
    "الخدمة، أي حدًّا للتتبّع. وتخطئ القاعدة حين يرسل شخص كل ما يتلقاه إلى منصة واحدة؛ "
    "فيتوقف التتبّع حينئذ قبل موضعه بخطوة، لا بعده.",
)
_OPERATIONAL = Text(
    "Addresses that each hand on nearly all they receive to one collector, within a "
    "set time, make one pattern with it. Fails where a payment processor, an exchange "
    "that nobody tagged, or a charity rotates its addresses in the same way.",
    "العناوين التي يحوّل كلٌّ منها جُلّ ما يتلقاه إلى محفظة جامعة واحدة خلال مدة محددة "
    "تُعدّ معها نمطًا واحدًا. وتخطئ القاعدة حيث يدوّر معالج مدفوعات، أو منصة لم يسمّها "
    "أحد، أو جمعية خيرية عناوينها على النحو نفسه.",
)
_ACCOUNTS = Text(
    "On chains that keep accounts, what an account pays comes out of all it held; "
    "between the least and the most that can be seed money, nothing decides. A token "
    "is its contract: one that only bears a known name is not counted. Transfers that "
    "no proof shows are said by a node or a file.",
    "في السلاسل القائمة على الحسابات، يخرج ما يدفعه الحساب من مجموع ما كان فيه؛ ولا "
    "شيء يحسم بين أقل ما يمكن أن يكون من مال المنطلق وأكثره. والرمز هو عقده: فما يحمل "
    "اسمًا معروفًا فحسب لا يُحسب. والتحويلات التي لا برهان عليها هي قول عقدة أو ملف.",
)
_PROFILES = (
    ProfileText(
        id="strict",
        text=Text(
            "co-spending; no typed CoinJoin and none that is merely suspicious",
            "الإنفاق المشترك، مع استبعاد كل CoinJoin مصنَّف وكل ما يُشتبه فيه",
        ),
    ),
    ProfileText(
        id="default",
        text=Text(
            "co-spending; no typed CoinJoin, and no single transaction that alone "
            f"joins two parts of {GUARD_SIZE} addresses or more",
            "الإنفاق المشترك، مع استبعاد كل CoinJoin مصنَّف وكل معاملة مفردة تصل "
            f"وحدها بين جزأين في كلٍّ منهما {GUARD_SIZE} عنوان أو أكثر",
        ),
    ),
    ProfileText(
        id="broad",
        text=Text(
            "co-spending; no typed CoinJoin",
            "الإنفاق المشترك، مع استبعاد كل CoinJoin مصنَّف",
        ),
    ),
)


def _plain(parameters: Mapping[str, int | tuple[int, ...]]) -> dict[str, object]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in parameters.items()}


def method_of(
    charter: Charter, *, coins: bool = True, accounts: bool = False
) -> Method:
    """Describe the rules a case was worked with: those for the ledgers it has."""
    cospend = RuleFacts(
        id="co-spend",
        version=str(COSPEND_VERSION),
        profile=charter.profile,
        text=_COSPEND,
        citation="Nakamoto 2008, section 10; Meiklejohn et al. 2013",
        parameters={"guard_size": GUARD_SIZE},
        measured=COSPEND_RATES,
    )
    gate = RuleFacts(
        id="coinjoin",
        version=str(RULES_VERSION),
        profile=charter.profile,
        text=_GATE,
        citation=" ".join(rule.citation for rule in RULES),
        parameters={rule.id: _plain(rule.parameters) for rule in RULES},
        measured=COINJOIN_RATES,
    )
    rules: tuple[RuleFacts, ...] = (cospend, gate) if coins else ()
    notes: tuple[Text, ...] = (_BOUNDS, _BORDERS)
    if accounts:
        deposit = RuleFacts(
            id=DEPOSIT.name,
            version=str(DEPOSIT.version),
            profile=charter.profile,
            text=_DEPOSIT,
            citation=DEPOSIT.source,
            parameters=dict(DepositRule().numbers()),
        )
        pool = RuleFacts(
            id=OPERATIONAL.name,
            version=str(OPERATIONAL.version),
            profile=charter.profile,
            text=_OPERATIONAL,
            citation=OPERATIONAL.source,
            parameters=dict(OperationalRule().numbers()),
        )
        rules, notes = (*rules, deposit, pool), (*notes, _ACCOUNTS)
    return Method(rules=rules, profiles=_PROFILES if coins else (), notes=notes)
