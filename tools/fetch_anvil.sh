#!/bin/sh
# Fetch Anvil (a development node for Ethereum) and the Solidity compiler from
# npm into .cache/anvil for the tests: .cache/anvil/anvil and, with node,
# .cache/anvil/solc. Nothing is installed, no package's script is run; npm
# checks each archive against the registry's own digest. `again` fetches anew.
set -eu
cd "$(dirname "$0")/.."

anvil=1.7.1 solc=0.8.28
place=.cache/anvil

say() { echo "anvil: $*" >&2; }
give_up() { say "$*"; exit 1; }

if [ "${1:-}" != again ] && [ -x "$place/anvil" ]; then
    if version=$("$place/anvil" --version 2>/dev/null | head -n 1); then
        say "already here: $version"
        exit 0
    fi
    say "what was fetched earlier does not start; fetching it again"
fi

command -v npm >/dev/null || give_up "needs npm to fetch it"
mkdir -p .cache
work=$(mktemp -d "$PWD/$place.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Node.js trusts the list it was built with; let it trust the system's too.
system=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$system" ]; then
    NODE_EXTRA_CA_CERTS=$system
    export NODE_EXTRA_CA_CERTS
fi
say "downloading (25 MB)"
npm install --prefix "$work" --ignore-scripts --no-audit --no-fund --no-save \
    --loglevel error "@foundry-rs/anvil@$anvil" "solc@$solc" >&2 ||
    give_up "the registry could not be reached"
found=$(find "$work/node_modules/@foundry-rs" -type f -name anvil -path '*/anvil-*/bin/*' | head -n 1)
[ -n "$found" ] || give_up "no program for this machine ($(uname -sm))"
chmod +x "$found"
ln -s "${found#"$work"/}" "$work/anvil"
ln -s node_modules/solc/solc.js "$work/solc"
chmod +x "$work/node_modules/solc/solc.js"
version=$("$work/anvil" --version | head -n 1) || give_up "the fetched program does not start"

rm -rf "$place"
trap - EXIT
mv "$work" "$place"
chmod 755 "$place"
say "ready: $version"
