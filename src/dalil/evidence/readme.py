"""The words on top of a bundle, for whoever opens it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dalil.evidence.document import Document

__all__ = ["read_me"]

_EN = """\
{mark}{title}
{rule}

This folder is an evidence bundle made by Dalil {dalil} ({status}).
It holds what a case found, and everything a reader needs to check it without
Dalil and without a network connection:

    data/findings.json        the findings, their premises, critical questions
    data/findings.schema.json what each key means
    data/exhibits/            captured files, named by their SHA-256
    data/texts/               texts extracted from exhibits (such as PDF pages)
    data/transactions/        raw transactions, in hex
    data/blocks.json          block headers, and each transaction's Merkle branch
    data/prevouts.json        amounts known from undo data only
    data/tags.json            the lines of the tag files that findings cite
    data/prices.json          the prices used
    data/accounts.json        proofs of transfers between accounts, where there are any
    verify.py                 the verifier: one file, Python's standard library

Handle data/exhibits with care: captured files may hold malicious content,
personal data or distressing pictures. Nothing here opens them for you.

To check it, with Python 3.8 or later:

    python3 -I -S verify.py

Rather than this folder's own copy, use a verify.py that you obtained from
Dalil's published source: a forger can change the copy as well. For the same
reason compare the *root* it prints (the SHA-256 of tagmanifest-sha256.txt)
with the one you were given by another way:

    python3 -I -S /elsewhere/verify.py . --root HEX

The verifier also prints what it could NOT check. Read that list.
"""

_AR = """\
{mark}{title}
{rule}

هذا المجلد حزمة أدلة أعدّها برنامج «دليل» بإصداره {dalil} (الحالة: {status}).
وفيه ما توصلت إليه القضية، وكل ما يحتاجه القارئ للتحقق منه دون البرنامج ودون
اتصال بأي شبكة:

    data/findings.json        النتائج ومقدماتها والأسئلة النقدية
    data/findings.schema.json معنى كل حقل
    data/exhibits/            الملفات الملتقطة، وأسماؤها بصمات SHA-256 لها
    data/texts/               نصوص مستخرجة من المستندات (كصفحات PDF)
    data/transactions/        المعاملات الخام بالترميز الست عشري
    data/blocks.json          ترويسات الكتل وفرع ميركل لكل معاملة
    data/prevouts.json        مبالغ لا تُعرف إلا من بيانات التراجع
    data/tags.json            أسطر ملفات الوسوم التي تستشهد بها النتائج
    data/prices.json          الأسعار المستخدمة
    data/accounts.json        براهين التحويلات بين الحسابات، إن وُجدت
    verify.py                 المُدقِّق: ملف واحد لا يحتاج إلا مكتبة بايثون القياسية

توخَّ الحذر مع data/exhibits: فقد تحوي الملفات الملتقطة محتوى خبيثًا أو بيانات
شخصية أو صورًا مؤلمة. ولا شيء هنا يفتحها نيابةً عنك.

للتحقق، باستخدام بايثون 3.8 أو أحدث:

    python3 -I -S verify.py

والأفضل ألا تستعمل نسخة هذا المجلد، بل نسخة من verify.py حصلت عليها من المصدر
المنشور لبرنامج «دليل»: فالمزوِّر قادر على تغيير هذه النسخة أيضًا. وللسبب نفسه
قارن «الجذر» الذي تطبعه (بصمة SHA-256 للملف tagmanifest-sha256.txt) بالجذر الذي
تسلّمته بطريق آخر:

    python3 -I -S /elsewhere/verify.py . --root HEX

ويطبع المُدقِّق كذلك ما لم يتمكن من التحقق منه (not checked). فاقرأ تلك القائمة.
"""

_STATUS_AR = {"DRAFT": "مسودة لم تُراجَع", "REVIEWED": "رُوجعت"}


def read_me(document: Document, language: Literal["en", "ar"]) -> bytes:
    """Write the README of a bundle in one language."""
    case = document.case
    title = " ".join(case.title.split()) or "-"
    mark = "EXERCISE / تمرين: " if case.exercise else ""
    status = case.status if language == "en" else _STATUS_AR[case.status]
    text = (_EN if language == "en" else _AR).format(
        mark=mark,
        title=title,
        rule="=" * (len(title) + len(mark)),
        dalil=document.dalil,
        status=status,
    )
    return text.encode()
