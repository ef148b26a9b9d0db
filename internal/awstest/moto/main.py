"""Runs moto's server with the arguments given, and ends when its standard input does: whoever started it may die
in any way and leaves nothing behind."""

import os
import sys
import threading


def end_with_parent():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()

from moto.server import main

main()
