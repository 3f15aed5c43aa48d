#!/usr/bin/env python3
"""A wire that takes its time: what one end takes in comes out of the other so many seconds later.

    delay.py TAP TAP SECONDS      makes both ends, says so, and carries Ethernet frames between them

Ends are known by name until they are moved to another network namespace; what holds them open goes on."""

import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, TAP, NO_INFORMATION = 0x400454CA, 0x0002, 0x1000
LARGEST = 65536  # bytes of a frame
MOST = 10_000  # frames on their way; more are lost


def tap(name):
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), TAP | NO_INFORMATION))
    return end


def carry(ends, seconds):
    under_way = collections.deque()  # (when it arrives, where, frame)
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for end in select.select(ends, [], [], wait)[0]:
            try:
                frame = os.read(end, LARGEST)
            except BlockingIOError:
                continue
            if len(under_way) < MOST:
                under_way.append((time.monotonic() + seconds, ends[1 - ends.index(end)], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, frame = under_way.popleft()
            try:
                os.write(end, frame)
            except OSError:  # down, or its queue is full: lost, as on any wire
                pass


if __name__ == "__main__":
    taps = [tap(name) for name in sys.argv[1:3]]
    print("made", flush=True)
    carry(taps, float(sys.argv[3]))
