"""Who goes first when the processes share a core: the gateway, always.

A process that records may keep the core for a whole time slice (3 ms) while a byte
waits to be forwarded. Two things end that on Linux: the recorder's small weight, and
short slices for both, which Linux 6.12 and later let a process ask for
(``sched_runtime`` of ``SCHED_OTHER``): who wakes up with a short slice is picked at
once, and who runs with one is not protected for long. Measured with ``python -m
benchmarks.priority``: small requests' 99th percentile 4.3 -> 1.4 ms, 1.1 without
recording. ``SCHED_IDLE`` does as well, but a process cannot leave it again, and would
starve beside other programs that keep all cores busy.
"""

import ctypes
import os
import platform
import struct

# Added to our own: a share of 5 % beside a gateway that never sleeps.
RECORDER_NICENESS = 13
MAX_NICENESS = 19
SLICE_NS = 100_000  # the shortest that the kernel grants
# struct sched_attr (sched_setattr(2)): size, policy, flags, nice, priority, runtime,
# deadline, period, utilisation; glibc has had no wrapper until 2.41.
_ATTRIBUTES = struct.Struct("=IIQiIQQQII")
SCHED_OTHER = 0
_CALLS = {"x86_64": 314, "aarch64": 274, "riscv64": 274}


def put_first(pid: int) -> None:
    """For a gateway: our own niceness, short slices."""
    prioritise(pid, _own_niceness())


def put_behind(pid: int) -> None:
    """For a recorder: less weight than a gateway, short slices."""
    prioritise(pid, min(MAX_NICENESS, _own_niceness() + RECORDER_NICENESS))


def prioritise(
    pid: int, niceness: int, slice_ns: int = SLICE_NS, policy: int = SCHED_OTHER
) -> None:
    """Of one thread, and of those that it starts: the niceness everywhere, slices
    (0: the usual ones) and policy where the system has them.
    """
    number = _CALLS.get(platform.machine()) if platform.system() == "Linux" else None
    if number is not None:
        attributes = ctypes.create_string_buffer(
            _ATTRIBUTES.pack(
                _ATTRIBUTES.size, policy, 0, niceness, 0, slice_ns, 0, 0, 0, 0
            )
        )
        if ctypes.CDLL(None).syscall(number, pid, attributes, 0) == 0:
            return
    os.setpriority(os.PRIO_PROCESS, pid, niceness)


def _own_niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)
