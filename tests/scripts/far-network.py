"""Makes addresses that are far away: each packet to 10.9.0.2 and above comes back to 10.9.0.1 after argv[1] seconds, as if from there.

Sending a packet back with its two addresses swapped makes 10.9.0.1 the server behind every far address; checksums stay right.
"""

import collections, fcntl, os, select, struct, subprocess, sys, time

delay = float(sys.argv[1])
tun = os.open("/dev/net/tun", os.O_RDWR)
# TUNSETIFF, with IFF_TUN | IFF_NO_PI (linux/if_tun.h).
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"far0", 0x0001 | 0x1000))
subprocess.run("ip addr add 10.9.0.1/24 dev far0 && ip link set far0 up", shell=True, check=True)
print("ready", flush=True)
waiting = collections.deque()
while True:
    left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    if select.select([tun], [], [], left)[0]:
        packet = os.read(tun, 65536)
        if packet[0] >> 4 == 4:
            back = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
            waiting.append((time.monotonic() + delay, back))
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(tun, waiting.popleft()[1])
