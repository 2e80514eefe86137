"""Hosts whose pages say something by their address alone."""

from __future__ import annotations

__all__ = ["EXPLORERS", "PAGES", "RESERVED_TELEGRAM", "TELEGRAM", "under"]

TELEGRAM = frozenset({"t.me", "telegram.me", "telegram.dog"})
RESERVED_TELEGRAM = frozenset(
    {
        "addemoji",
        "addlist",
        "addstickers",
        "addtheme",
        "bg",
        "boost",
        "c",
        "confirmphone",
    }
    | {"giftcode", "invoice", "iv", "login", "proxy", "setlanguage", "share", "socks"}
)
"""First path segments on Telegram's hosts that name no channel, group or user."""

PAGES = frozenset(
    {"discord.com", "discord.gg", "facebook.com", "fb.com", "fb.me", "gettr.com"}
    | {"instagram.com", "linkedin.com", "odysee.com", "ok.ru", "reddit.com"}
    | {"rumble.com", "snapchat.com", "threads.net", "tiktok.com", "truthsocial.com"}
    | {"twitter.com", "vk.com", "whatsapp.com", "wa.me", "x.com", "youtu.be"}
    | {"youtube.com", "bsky.app", "mastodon.social", "soundcloud.com"}
)
"""Social media: a page, profile, channel or post."""

EXPLORERS = {
    "etherscan.io": "eip155:1",
    "optimistic.etherscan.io": "eip155:10",
    "bscscan.com": "eip155:56",
    "gnosisscan.io": "eip155:100",
    "polygonscan.com": "eip155:137",
    "ftmscan.com": "eip155:250",
    "basescan.org": "eip155:8453",
    "arbiscan.io": "eip155:42161",
    "celoscan.io": "eip155:42220",
    "snowtrace.io": "eip155:43114",
    "lineascan.build": "eip155:59144",
    "blastscan.io": "eip155:81457",
    "sepolia.etherscan.io": "eip155:11155111",
}
"""Explorers of one EVM chain each: an address in their URL is meant there."""


def under(host: str, names: frozenset[str] | dict[str, str]) -> str | None:
    """Find the listed name that `host` is, or lies directly or deeply under.

    >>> under("m.facebook.com", PAGES)
    'facebook.com'
    """
    labels = host.split(".")
    for first in range(len(labels) - 1):
        name = ".".join(labels[first:])
        if name in names:
            return name
    return None
