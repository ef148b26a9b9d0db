#!/bin/sh
# Fills a folder with RabbitMQ and Erlang from Debian's packages and prints the folder's absolute path. Nothing is installed.
# The folder is $PROMPTZ_TEST_RABBITMQ or else .cache/rabbitmq under the repository's root.
# Asks the network for nothing when the folder is filled already. Needs apt-get and dpkg of a Debian that has RabbitMQ 3.10.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${PROMPTZ_TEST_RABBITMQ:-$here/../../../.cache/rabbitmq}
packages="rabbitmq-server erlang-base"
for part in asn1 crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl syntax-tools tftp tools xmerl; do
  packages="$packages erlang-$part"
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# The copies of these scripts are written last: they vouch for what was made by them.
if ! cmp -s "$here/fetch.sh" "$dir/fetch.sh"; then
  rm -rf "$dir/root" "$dir/packages"
  mkdir -p "$dir/packages"
  if [ -z "$(apt-cache show rabbitmq-server 2>/dev/null)" ]; then apt-get -qq update >&2; fi
  # As root, apt would rather download as a user who can't write here, and says so.
  (cd "$dir/packages" && apt-get -qq -o APT::Sandbox::User=root download $packages >&2)
  for package in "$dir/packages"/*.deb; do dpkg -x "$package" "$dir/root"; done
  rm -rf "$dir/packages"
  # Debian's own erl knows one place alone.
  cat >"$dir/root/usr/lib/erlang/bin/erl" <<'END'
#!/bin/sh
ROOTDIR=$(cd "$(dirname "$0")/.." && pwd)
BINDIR=$(echo "$ROOTDIR"/erts-*/bin)
EMU=beam
PROGNAME=erl
export ROOTDIR BINDIR EMU PROGNAME
exec "$BINDIR/erlexec" "$@"
END
  cp "$here/fetch.sh" "$dir/fetch.sh"
fi
cp "$here/start.sh" "$dir/start.sh"
echo "$dir"
