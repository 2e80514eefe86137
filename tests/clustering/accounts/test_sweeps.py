"""What hands on, against an oracle that walks every history in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dalil.clustering.accounts.columns import live_rows, moves_of
from dalil.clustering.accounts.sweeps import Sweeping, amount_of, sweeps
from dalil.ledger.accounts.literal import HandAccounts

if TYPE_CHECKING:
    from collections.abc import Sequence


class Paid(NamedTuple):
    source: int
    to: int
    amount: int
    coin: int
    wait: int
    in_same_tx: bool


AMOUNTS = st.sampled_from([0, 1, 20, 100, 2**64 - 1, 2**64, 2**130, 2**256 - 1])
PAYMENTS = st.lists(
    st.builds(
        Paid,
        st.integers(0, 5),
        st.integers(0, 5),
        AMOUNTS | st.integers(0, 200),
        st.integers(0, 1),
        st.sampled_from([0, 60, 3600, 90_000]),
        st.booleans(),
    ),
    max_size=25,
)


def ledger_of(payments: Sequence[Paid]) -> HandAccounts:
    ledger = HandAccounts()
    time = 1_700_000_000
    for paid in payments:
        time += paid.wait
        ledger.pay(
            f"a{paid.source}",
            f"a{paid.to}",
            paid.amount,
            f"coin {paid.coin}",
            time=time,
            in_same_tx=paid.in_same_tx,
        )
    return ledger


def expected(
    ledger: HandAccounts, rule: Sweeping
) -> dict[tuple[int, int], tuple[int, int, int]]:
    """(token, address) -> partner, received, forwarded; by the definition."""
    n = len(ledger.transfer_token)
    rows = np.arange(n)
    amounts = ledger.amounts(rows)
    times = ledger.block_time[ledger.block_of_tx(ledger.tx_of_transfer(rows))].tolist()
    table = list(
        zip(
            ledger.transfer_token.tolist(),
            ledger.transfer_from.tolist(),
            ledger.transfer_to.tolist(),
            amounts,
            times,
            strict=True,
        )
    )
    end = int(ledger.block_time[-1]) if n else 0
    found = {}
    for token in {row[0] for row in table}:
        mine = [row for row in table if row[0] == token and row[3] and row[1] != row[2]]
        for address in {row[1] for row in mine}:
            out = [row for row in mine if row[1] == address]
            come = [row for row in mine if row[2] == address]
            for partner in {row[2] for row in out}:
                forwarded = sum(row[3] for row in out if row[2] == partner)
                judged = prompt = 0
                for at, row in enumerate(mine):
                    if row[2] != address:
                        continue
                    next_at = [
                        r[4] for r in mine[at:] if r[1] == address and r[2] == partner
                    ]
                    if next_at:
                        judged += row[3]
                        prompt += row[3] if next_at[0] - row[4] <= rule.within_s else 0
                    elif end - row[4] > rule.within_s:
                        judged += row[3]
                share = rule.min_share_permille
                if (
                    judged
                    and len(come) <= rule.most_receipts
                    and prompt * 1000 >= judged * share
                    and forwarded * 1000 >= judged * share
                    and forwarded * 1000 >= sum(row[3] for row in out) * share
                ):
                    received = sum(row[3] for row in come)
                    found[token, address] = (partner, received, forwarded)
    return found


@given(PAYMENTS, st.sampled_from([600, 950, 999, 1000]), st.sampled_from([1, 10_000]))
def test_finds_what_the_definition_says(
    payments: list[Paid], share: int, most: int
) -> None:
    ledger = ledger_of(payments)
    rule = Sweeping(share, 3600, most)
    n = len(ledger.address_key)
    found = sweeps(moves_of(ledger), live_rows(ledger), n, len(ledger.token_kind), rule)
    told = {
        (int(found.token[i]), int(found.address[i])): (
            int(found.partner[i]),
            amount_of(found.received[i]),
            amount_of(found.forwarded[i]),
        )
        for i in range(len(found))
    }
    assert told == expected(ledger, rule)
    counts = [found.n_receipts, found.n_forwards, found.n_payers]
    for i in range(len(found)):
        token, address = int(found.token[i]), int(found.address[i])
        live = live_rows(ledger)
        came = [r for r in ledger.transfers_to(address, token) if live[r]]
        out = [
            r
            for r in ledger.transfers_from(address, token)
            if live[r] and ledger.transfer_to[r] == found.partner[i]
        ]
        payers = {int(ledger.transfer_from[r]) for r in came}
        assert [int(c[i]) for c in counts] == [len(came), len(out), len(payers)]
        assert (found.first_receipt[i], found.last_receipt[i]) == (came[0], came[-1])
        assert (found.first_forward[i], found.last_forward[i]) == (out[0], out[-1])
