#!/bin/sh
# Fetch one program of Debian's and start it without installing it.
#
#   fetch_debian.sh WORD PLACE PACKAGE SUITE BINARY NAME [again]
#
# The package and the libraries it was built against are unpacked into
# .cache/PLACE and started as .cache/PLACE/NAME through their own loader:
# nothing is installed, no root is needed, and /etc/apt is only read. apt
# resolves the packages against an empty package database and checks the
# archive's signature with Debian's own keyring. `again` fetches anew.
set -eu
cd "$(dirname "$0")/.."

word=$1 place=.cache/$2 package=$3 suite=$4 binary=$5 name=$6
shift 6
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "$word: $*" >&2; }
give_up() { say "$*"; exit 1; }

if [ "${1:-}" != again ] && [ -x "$place/$name" ]; then
    if version=$("$place/$name" --version 2>/dev/null | head -n 1); then
        say "already here: $version"
        exit 0
    fi
    say "what was fetched earlier does not start; fetching it again"
fi

command -v apt-get >/dev/null || give_up "needs Debian's apt-get to fetch it"
[ -r "$keyring" ] || give_up "needs Debian's keyring: apt-get install debian-archive-keyring"
mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null |
    grep -E '/debian/?$' | head -n 1) || true
[ -n "$mirror" ] || give_up "this machine's apt knows no Debian archive"

mkdir -p .cache
work=$(mktemp -d "$PWD/$place.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/empty"
: >"$work/status"
{
    # how this machine reaches the archive (proxies, timeouts), and no more
    apt-config dump --no-empty Acquire 2>/dev/null | grep -v '^Acquire::IndexTargets' || true
    cat <<CONF
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/empty";
Dir::Etc::Parts "$work/empty";
Dir::Etc::Preferences "$work/empty/none";
Dir::Etc::PreferencesParts "$work/empty";
Debug::NoLocking "true";
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
} >"$work/apt.conf"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
APT_CONFIG=$work/apt.conf
export APT_CONFIG

say "reading the list of packages"
apt-get -qq update >&2 || give_up "the archive could not be reached or its signature did not verify"
say "downloading $package and its libraries"
apt-get -qq -y --download-only install "$package" >&2 ||
    give_up "the archive does not hand out $package today"

mkdir "$work/root"
for deb in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$work/root"
done
cat >"$work/$name" <<LAUNCHER
#!/bin/sh
# Starts the program with the libraries it was built against.
binary=$binary
LAUNCHER
cat >>"$work/$name" <<'LAUNCHER'
root=$(dirname "$(readlink -f "$0")")/root
loader=$(ls "$root"/usr/lib/*/ld-linux*.so.* "$root"/usr/lib64/ld-linux*.so.* 2>/dev/null | head -n 1)
exec "$loader" --library-path "$(dirname "$loader")" "$root/$binary" "$@"
LAUNCHER
chmod +x "$work/$name"
version=$("$work/$name" --version | head -n 1) || give_up "the fetched program does not start"

find "$work" -mindepth 1 -maxdepth 1 ! -name root ! -name "$name" -exec rm -rf {} +
rm -rf "$place"
trap - EXIT
mv "$work" "$place"
chmod 755 "$place"
say "ready: $version"
