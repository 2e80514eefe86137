#!/bin/sh
# Fetch a Litecoin node for the tests into .cache/litecoin; see fetch_debian.sh.
# The packaged /usr/bin/litecoind is a script that writes into the home folder;
# the node itself lies in /usr/lib. `again` as an argument fetches anew.
exec "$(dirname "$0")/fetch_debian.sh" \
    litecoin litecoin litecoind trixie usr/lib/litecoin/litecoind litecoind "$@"
