"""Runs ministack on 127.0.0.1 and a port the system chooses, prints that port, and ends when its standard
input does: whoever started it may die in any way and leaves nothing behind, no Lambda's process either."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading

# What ministack starts is in its group, and ends with it.
os.setpgid(0, 0)
folder = tempfile.mkdtemp(prefix="ministack-")
tempfile.tempdir = folder


def end_with_parent():
    while sys.stdin.buffer.read(4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()

# Some services (MQTT, SFTP, databases) have no option for the address and would listen on every interface.
bind = socket.socket.bind


def bind_loopback(self, address):
    if self.family == socket.AF_INET and address[0] in ("", "0.0.0.0"):
        address = ("127.0.0.1", address[1])
    if self.family == socket.AF_INET6 and address[0] in ("", "::"):
        address = ("::1", *address[1:])
    return bind(self, address)


socket.socket.bind = bind_loopback

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(128)
port = listener.getsockname()[1]

os.environ.update(
    TMPDIR=folder,
    BIND_HOST="127.0.0.1",
    MINISTACK_HOST="127.0.0.1",
    GATEWAY_PORT=str(port),
    LAMBDA_EXECUTOR="local",
    IOT_MTLS_ENABLED="0",  # a fixed port, which a second ministack would not get
    SFTP_ENABLED="0",
)
os.environ.setdefault("LOG_LEVEL", "ERROR")

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.keep_alive_timeout = 75
config.loglevel = os.environ["LOG_LEVEL"]

print(f"port {port}", flush=True)
asyncio.run(serve(app, config))
