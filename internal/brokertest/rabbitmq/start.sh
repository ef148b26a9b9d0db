#!/bin/sh
# start.sh DATA EPMD-PORT DIST-PORT runs the RabbitMQ that lies beside it until its standard input ends, then ends all it started.
# DATA holds rabbitmq.conf and enabled_plugins. epmd, which Erlang would leave running, is a child here; all listens on loopback.
set -eu
root=$(cd "$(dirname "$0")" && pwd)/root
data=$1
export ERL_EPMD_PORT="$2" ERL_EPMD_ADDRESS=127.0.0.1
export HOME="$data" PATH="$root/usr/lib/erlang/bin:$PATH" RUNNING_UNDER_SYSTEMD=true
export RABBITMQ_NODENAME=promptz@localhost RABBITMQ_DIST_PORT="$3"
export RABBITMQ_MNESIA_BASE="$data/mnesia" RABBITMQ_LOG_BASE="$data/log" RABBITMQ_CONF_ENV_FILE="$data/none"
export RABBITMQ_CONFIG_FILE="$data/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$data/enabled_plugins"
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false'

"$root"/usr/lib/erlang/erts-*/bin/epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" </dev/null >/dev/null 2>&1 &
epmd=$!
sh "$root"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server </dev/null 2>&1 &
server=$!

# The server ends when standard input does, or by itself.
exec 3<&0
(cat <&3 >/dev/null; kill "$server" 2>/dev/null) &
lifeline=$!
wait "$server" || true
kill "$epmd" "$lifeline" 2>/dev/null || true
wait || true
