# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: the state has 25 lanes and every index is a constant below 25 or a place of
# MOVES; of the data, bytes below its length are read.

from lunaroute._fast._keccak_py import _MOVES, _ROUNDS

cdef unsigned long long rounds[24]
cdef int places[24]
cdef int turns[24]

rounds[:] = _ROUNDS
places[:] = [place for place, _ in _MOVES]
turns[:] = [turn for _, turn in _MOVES]


cdef inline unsigned long long turned(unsigned long long lane, int by) noexcept:
    return (lane << by) | (lane >> (64 - by))


cdef void permute(unsigned long long *lanes) noexcept:
    cdef unsigned long long columns[5]
    cdef unsigned long long moving
    cdef unsigned long long kept
    cdef int number
    cdef int x
    cdef int y
    for number in range(24):
        for x in range(5):
            columns[x] = (
                lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
            )
        for x in range(5):
            moving = columns[(x + 4) % 5] ^ turned(columns[(x + 1) % 5], 1)
            for y in range(5):
                lanes[x + 5 * y] ^= moving
        moving = lanes[1]
        for x in range(24):
            kept = lanes[places[x]]
            lanes[places[x]] = turned(moving, turns[x])
            moving = kept
        for y in range(5):
            for x in range(5):
                columns[x] = lanes[x + 5 * y]
            for x in range(5):
                lanes[x + 5 * y] = columns[x] ^ (~columns[(x + 1) % 5] & columns[(x + 2) % 5])
        lanes[0] ^= rounds[number]


def keccak256(bytes data not None):
    cdef unsigned long long lanes[25]
    cdef const unsigned char *p = data
    cdef Py_ssize_t length = len(data)
    cdef Py_ssize_t i
    cdef int filled = 0
    for i in range(25):
        lanes[i] = 0
    for i in range(length):
        lanes[filled // 8] ^= <unsigned long long>p[i] << (filled % 8 * 8)
        filled += 1
        if filled == 136:
            permute(lanes)
            filled = 0
    lanes[filled // 8] ^= 1ULL << (filled % 8 * 8)
    lanes[16] ^= 0x80ULL << 56
    permute(lanes)
    return b"".join([int(lanes[i]).to_bytes(8, "little") for i in range(4)])
