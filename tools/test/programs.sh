#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Real programs under atcp-run, with the double in place of the module: each
# does its work over the loopback interface, and every stream socket of its own
# that it asked the kernel for was one of atcp. A program that is not installed
# is skipped.

cd "$(dirname "$0")" || exit 1
. ./tap.sh

run=$(cd .. && pwd)/atcp-run
tmp=$(mktemp -d) || exit 1
pids=
# shellcheck disable=SC2086 # a list
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT
unset ATCP_PROTOCOL ATCP_VERBOSE
LD_PRELOAD=$PWD/double.so
DOUBLE_LOG=$tmp/log
export LD_PRELOAD DOUBLE_LOG
head -c 3000000 /dev/urandom >"$tmp/file"

# Below the ephemeral ports, and different in two runs at the same time.
port=$((10000 + $$ % 20000))

have()
{
	command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]
}

# Waits until somebody listens on a port (hexadecimal in /proc/net/tcp).
listening()
{
	hex=$(printf ':%04X 0' "$1")
	for _ in $(seq 100); do
		grep -q "$hex.*:0000 0A" /proc/net/tcp /proc/net/tcp6 && return
		sleep 0.05
	done
	echo "nothing listens on port $1"
	return 1
}

# A program asked for COUNT or more sockets of atcp, and for no stream socket of
# the kernel's TCP (type 1, with or without flags, protocol 0 or 6).
only_atcp()
{
	awk -v name="$1" -v least="$2" '
		$1 != name || $2 !~ /^0x(2|a)$/ || $3 !~ /^0x(|8|80|808)0?0?1$/ { next }
		$4 == "0x105" { good++; next }
		{ print; bad++ }
		END { print good + 0, "of atcp"; exit bad || good < least }' "$DOUBLE_LOG"
}

served()
{
	listening "$port" && curl -s -o "$tmp/got" "http://$1:$port/file" &&
		cmp "$tmp/file" "$tmp/got"
}

next()
{
	: >"$DOUBLE_LOG"
	port=$((port + 1))
}

# --- curl, and python's http.server ---------------------------------------------

if have python3 && have curl; then
	next
	(cd "$tmp" && exec python3 -m http.server --bind 127.0.0.1 $port >/dev/null 2>&1) &
	pids="$pids $!"
	listening "$port"
	ok "curl: the same bytes" sh -c "'$run' curl -s http://127.0.0.1:$port/file |
		cmp - '$tmp/file'"
	ok "curl: its sockets" only_atcp curl 1

	next
	(cd "$tmp" && exec "$run" python3 -m http.server --bind ::1 $port >/dev/null 2>&1) &
	pids="$pids $!"
	ok "python3 under atcp-run serves over IPv6" served "[::1]"
	ok "python3: its sockets" only_atcp python3 1

	next
	ok "python3: asyncio sets TCP_NODELAY on what it accepts" "$run" python3 - <<-'END'
		import asyncio, socket

		async def main():
		    seen = asyncio.get_running_loop().create_future()

		    async def serve(reader, writer):
		        sock = writer.get_extra_info("socket")
		        seen.set_result((sock.proto,
		                         sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
		        writer.close()

		    server = await asyncio.start_server(serve, "127.0.0.1", 0)
		    port = server.sockets[0].getsockname()[1]
		    await asyncio.open_connection("127.0.0.1", port)
		    proto, nodelay = await seen
		    assert socket.socket(fileno=server.sockets[0].fileno()).proto == 6
		    assert nodelay, (proto, nodelay)

		asyncio.run(main())
	END
else
	skip "curl and python3" "not installed"
fi

# --- nginx ------------------------------------------------------------------------

if have nginx && have curl; then
	next
	cat >"$tmp/nginx.conf" <<-END
		daemon off;
		worker_processes 2;
		pid $tmp/nginx.pid;
		error_log $tmp/nginx.err;
		user $(id -un);
		events { }
		http {
			access_log off;
			client_body_temp_path $tmp;
			proxy_temp_path $tmp;
			fastcgi_temp_path $tmp;
			uwsgi_temp_path $tmp;
			scgi_temp_path $tmp;
			server {
				listen 127.0.0.1:$port;
				listen [::1]:$port;
				root $tmp;
			}
		}
	END
	PATH=$PATH:/usr/sbin "$run" nginx -c "$tmp/nginx.conf" 2>"$tmp/nginx.start" &
	pids="$pids $!"
	ok "nginx under atcp-run serves over IPv4" served 127.0.0.1
	ok "nginx under atcp-run serves over IPv6" served "[::1]"
	ok "nginx: its sockets" only_atcp nginx 2
else
	skip "nginx" "not installed"
fi

# --- iperf3 -----------------------------------------------------------------------

if have iperf3; then
	next
	"$run" iperf3 -s -1 -p $port >/dev/null 2>&1 &
	pids="$pids $!"
	listening $port
	ok "iperf3 under atcp-run, both ends" "$run" iperf3 -c 127.0.0.1 -p $port -n 20M -P 2
	ok "iperf3: its sockets" only_atcp iperf3 4
else
	skip "iperf3" "not installed"
fi

# --- sshd -------------------------------------------------------------------------

if have sshd && have ssh-keyscan && [ "$(id -u)" = 0 ]; then
	next
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
	"$run" /usr/sbin/sshd -D -e -f /dev/null -h "$tmp/key" -p $port \
		-o PidFile=none -o ListenAddress=127.0.0.1 2>"$tmp/sshd.log" &
	pids="$pids $!"
	listening $port
	key=$(cut -d " " -f 2 "$tmp/key.pub" | tr + .)
	ok "sshd under atcp-run agrees on keys" \
		has "$(ssh-keyscan -t ed25519 -p $port 127.0.0.1 2>&1)" "$key"
	ok "sshd: its sockets" only_atcp sshd 1
else
	skip "sshd" "not installed, or not root"
fi

tap_end
