#!/bin/sh
# Install Debian's Chromium where this machine lets us; pages are tested in it.
set -eu
say() { echo "chromium: $*" >&2; }

if command -v chromium >/dev/null; then
    say "already here"
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    say "not here, and only root on Debian can install it: apt-get install chromium"
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
say "installing (about a minute)"
apt-get -qq update >&2
apt-get -qq -y --no-install-recommends install chromium >/dev/null
say "ready"
