"""Real consensus code as a judge: Bitcoin Core's own, from py-bitcoinkernel."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pbk
import pbk.capi.bindings as capi

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def accepted_height(blocks: Iterable[bytes], scratch: Path) -> int:
    """Feed blocks, in order, to a fresh regtest node; return its tip's height.

    A refused block is an assertion failure naming its place.
    """
    options = pbk.ContextOptions()
    options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
    context = pbk.Context(options)
    settings = pbk.ChainstateManagerOptions(
        context, str(scratch / "data"), str(scratch / "blocks")
    )
    settings.update_block_tree_db_in_memory(True)
    settings.update_chainstate_db_in_memory(True)
    manager = pbk.ChainstateManager(settings)
    height = -1
    for place, raw in enumerate(blocks):
        handle = capi.btck_block_create(raw, len(raw))
        assert handle, f"block {place} does not deserialise"
        is_new = ctypes.c_int(0)
        status = capi.btck_chainstate_manager_process_block(
            manager, handle, ctypes.byref(is_new)
        )
        capi.btck_block_destroy(handle)
        # A block that fails only when it is connected is still "processed".
        assert status == 0, f"consensus refuses block {place}"
        height = int(manager.get_active_chain().height)
        assert height == place, f"consensus refuses block {place}"
    return height
