"""Telegram Desktop exports: every text of a message, and no name of anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.intake import extract, pseudonym
from tests.intake.corpus import ADDRESSES
from tests.intake.redo import redo

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.intake import Extraction

A, B = ADDRESSES["regtest bech32"], ADDRESSES["TRON"]
KEY = b"the exercise's key"


def message(number: int = 1, **fields: object) -> dict[str, Any]:
    return {"id": number, "type": "message", "date_unixtime": "1700000000", **fields}


def read(folder: Path, *messages: object, key: bytes | None = KEY) -> Extraction:
    export = {"name": "EXERCISE تمرين", "type": "public_channel", "messages": messages}
    return read_export(folder, export, key)


def read_export(folder: Path, export: object, key: bytes | None = KEY) -> Extraction:
    file = folder / "result.json"
    file.write_text(json.dumps(export, ensure_ascii=False))
    extraction = extract(file, key)
    for indicator in extraction.indicators:
        redo(file.read_bytes(), indicator.to_json())
    return extraction


def test_rich_text_is_one_text(tmp_path: Path) -> None:
    text = [
        "تمرين ",
        {"type": "code", "text": A[:9]},
        {"type": "bold", "text": A[9:]},
        ".",
    ]
    (found,) = read(tmp_path, message(17, text=text)).indicators
    assert (found.value, found.where, found.start) == (A, {"message": 17}, 6)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"text": A}, {}),
        ({"text_entities": [{"type": "plain", "text": A}]}, {}),
        (
            {"text": "here", "text_entities": [{"type": "text_link", "text": "here", "href": A}]},
            {"entity": 0, "field": "href"},
        ),
        (
            {"text": ["see ", {"type": "text_link", "text": "here", "href": A}]},
            {"part": 1, "field": "href"},
        ),
        ({"text": "", "poll": {"question": A, "answers": []}}, {"field": "poll.question"}),
        (
            {"text": "", "poll": {"question": "", "answers": [{"text": "x"}, {"text": A}]}},
            {"field": "poll.answers.1.text"},
        ),
        (
            {"text": "", "inline_bot_buttons": [[{"type": "url", "text": "pay", "data": A}]]},
            {"field": "inline_bot_buttons.0.0.data"},
        ),
        ({"type": "service", "action": "edit_group_title", "title": A, "text": ""}, {"field": "title"}),
    ],
    ids=[
        "plain text",
        "entities without text",
        "a link's target",
        "a link's target in the parts alone",
        "a poll's question",
        "a poll's answer",
        "a button's target",
        "a service message's title",
    ],
)  # fmt: skip
def test_every_text_of_a_message_is_read(
    fields: dict[str, Any], where: dict[str, Any], tmp_path: Path
) -> None:
    (found,) = read(tmp_path, message(5, **fields)).indicators
    assert (found.value, found.where) == (A, {"message": 5, **where})


def test_times_edits_replies_and_forwards_are_facts_of_the_message(
    tmp_path: Path,
) -> None:
    told = message(
        2,
        text=A,
        edited_unixtime="1700000600",
        reply_to_message_id=1,
        from_id="user77",
        forwarded_from="Invented Forwarder",
    )
    (found,) = read(tmp_path, told).indicators
    assert found.quoted == "forwarded"
    assert found.message == {
        "time_utc": "2023-11-14T22:13:20Z",
        "edited_utc": "2023-11-14T22:23:20Z",
        "service": False,
        "sender": pseudonym(KEY, "user77"),
        "forwarded_from": pseudonym(KEY, None, "Invented Forwarder"),
        "reply_to": 1,
    }


def test_local_dates_without_a_zone_are_not_used(tmp_path: Path) -> None:
    told = {"id": 1, "type": "message", "date": "2023-11-14T22:13:20", "text": A}
    (found,) = read(tmp_path, told).indicators
    assert found.message is not None
    assert found.message["time_utc"] is None


def test_no_name_id_or_phone_leaves_in_any_record(tmp_path: Path) -> None:
    secrets = ["Invented Person", "user4711", "+155501001", "Forwarder Name", "user99"]
    told = message(
        1,
        text=f"by Invented Person {A} https://t.me/exercise_zinnia",
        file="files/cv of Invented Person.pdf",
        mime_type="application/pdf",
        contact_information={
            "first_name": "Invented Person",
            "phone_number": "+155501001",
        },
        forwarded_from="Forwarder Name",
        forwarded_from_id="user99",
        **{"from": "Invented Person", "from_id": "user4711"},
    )
    joined = message(2, type="service", actor="Invented Person", actor_id="user4711",
                     action="invite_members", members=["Invented Person"], text="")  # fmt: skip
    extraction = read(tmp_path, told, joined)
    derived = json.dumps(
        [
            [i.to_json() for i in extraction.indicators],
            extraction.exhibit.to_json(),
            extraction.attachments,
            extraction.notes,
            [p.message for p in extraction.passages],
        ]
    )
    assert A in derived
    assert [s for s in secrets if s in derived] == []


def test_without_a_key_senders_are_left_out(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path, message(1, text=A, from_id="user4711"), key=None
    ).indicators
    assert found.message is not None
    assert found.message["sender"] is None


def test_pseudonyms_are_per_case_and_follow_the_id(tmp_path: Path) -> None:
    first, second = (
        read(
            tmp_path, message(1, text=A, from_id="user1", **{"from": name})
        ).indicators[0]
        for name in ("Old Name", "New Name")
    )
    other = read(
        tmp_path, message(1, text=A, from_id="user1"), key=b"other"
    ).indicators[0]
    assert first.message
    assert second.message
    assert other.message
    assert (
        first.message["sender"] == second.message["sender"] != other.message["sender"]
    )
    assert len(first.message["sender"]) == 16


def test_attachments_are_listed_and_not_opened(tmp_path: Path) -> None:
    photo = "photos/photo_1@14-11-2023_22-13-20.jpg"
    told = message(
        3, text="", photo=photo, file="../../etc/passwd", mime_type="video/mp4"
    )
    extraction = read(tmp_path, told)
    assert extraction.attachments == (
        {
            "where": {"message": 3, "field": "file"},
            "path": None,
            "media_type": "video/mp4",
        },
        {"where": {"message": 3, "field": "photo"}, "path": photo, "media_type": None},
    )
    assert extraction.notes == ("2 attachments listed, not opened",)


def test_a_whole_account_names_the_chat(tmp_path: Path) -> None:
    chats = [{"messages": [message(1, text="x")]}, {"messages": [message(1, text=B)]}]
    (found,) = read_export(tmp_path, {"chats": {"list": chats}}).indicators
    assert found.where == {"chat": 1, "message": 1}


def test_ids_that_occur_twice_are_told_apart_by_position(tmp_path: Path) -> None:
    found = read(
        tmp_path, message(4, text=A), message(4, text=B), message(5, text=A)
    ).indicators
    assert [i.where for i in found] == [
        {"message": 4, "index": 0},
        {"message": 4, "index": 1},
        {"message": 5},
    ]


def test_the_same_address_thrice_is_one_mention(tmp_path: Path) -> None:
    texts = (A, B, A.upper(), A)
    found = read(
        tmp_path, *(message(n, text=t) for n, t in enumerate(texts))
    ).indicators
    assert [i.mention for i in found] == ["m1", None, "m1", "m1"]
    assert [i.id for i in found] == ["i1", "i2", "i3", "i4"]


@pytest.mark.parametrize(
    "odd",
    [
        None, 7, "text", [], [[]], {}, {"id": None, "text": 5}, {"id": [1], "text": [None, 3, {"text": 4}]},
        {"id": 1, "text": {"a": 1}, "poll": 5, "inline_bot_buttons": [[5], 6]},
        {"id": 1, "text": "x", "date_unixtime": "99999999999999999999", "from_id": {"a": 1}},
        {"id": True, "text": "x", "poll": {"answers": [1, None]}, "text_entities": [1, None]},
    ],
)  # fmt: skip
def test_odd_messages_harm_nobody_else(odd: object, tmp_path: Path) -> None:
    (found,) = read(tmp_path, odd, message(9, text=A)).indicators
    assert found.where["message"] == 9


def test_lone_surrogates_are_carried_not_choked_on(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    told = (
        rf'{{"messages": [{{"id": 1, "text": "\ud800{A}\udfff", "from": "\ud800"}}]}}'
    )
    file.write_text(told)
    (found,) = extract(file, KEY).indicators
    assert (found.value, found.start) == (A, 1)
    json.dumps(found.to_json()).encode()


def test_other_json_is_read_as_text(tmp_path: Path) -> None:
    (found,) = read_export(tmp_path, {"data": {"address": A}}).indicators
    assert found.steps[0]["op"] == "decode"
