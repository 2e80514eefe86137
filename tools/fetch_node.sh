#!/bin/sh
# Fetch a Bitcoin node (Bitcoin Knots, Core's validation) for the tests into
# .cache/knots; see fetch_debian.sh. `again` as an argument fetches anew.
exec "$(dirname "$0")/fetch_debian.sh" \
    node knots bitcoin-knots sid usr/bin/bitcoind bitcoind "$@"
