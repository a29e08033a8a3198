"""Makes addresses that are far away: each packet that is routed into the device far0 comes out of it argv[1] seconds later.

With argv[2] "mirror" it has 10.9.0.1/24, and each packet to an address above comes back as if from there. Sending a packet back with its
two addresses swapped makes 10.9.0.1 the server behind every far address; checksums stay right.
"""

import collections, fcntl, os, select, struct, subprocess, sys, time

delay, mirrors = float(sys.argv[1]), sys.argv[2:] == ["mirror"]
tun = os.open("/dev/net/tun", os.O_RDWR)
# TUNSETIFF, with IFF_TUN | IFF_NO_PI (linux/if_tun.h).
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"far0", 0x0001 | 0x1000))
address = "ip addr add 10.9.0.1/24 dev far0 && " if mirrors else ""
subprocess.run(f"{address}ip link set far0 up", shell=True, check=True)
print("ready", flush=True)
waiting = collections.deque()
while True:
    left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    if select.select([tun], [], [], left)[0]:
        packet = os.read(tun, 65536)
        if packet[0] >> 4 == 4:
            swapped = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
            waiting.append((time.monotonic() + delay, swapped if mirrors else packet))
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(tun, waiting.popleft()[1])
