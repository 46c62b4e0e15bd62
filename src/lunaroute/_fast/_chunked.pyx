# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: ``at`` stays below ``size``, the length of a bytes object that the caller holds
# for the length of the call. A state is an entry of the table or one of the table's own
# rows, so 256 * state + byte stays within it; the module holds the table.

from lunaroute._fast import _framing

cdef bytes HELD = _framing.TABLE
cdef const unsigned char *TABLE = <const unsigned char *><const char *>HELD

cdef unsigned char FAILED = _framing.STATES.index("FAILED")
cdef unsigned char SIZE = _framing.STATES.index("SIZE")
cdef unsigned char DIGITS = _framing.STATES.index("DIGITS")
cdef unsigned char AFTER = _framing.STATES.index("AFTER")
cdef unsigned char TRAILER = _framing.STATES.index("TRAILER")
cdef unsigned char DATA = _framing.STATES.index("DATA")
cdef unsigned char DONE = _framing.STATES.index("DONE")

cdef Py_ssize_t MAX_SIZE_LINE = _framing.MAX_SIZE_LINE
cdef Py_ssize_t MAX_TRAILERS = _framing.MAX_TRAILERS
# A size from here on takes no further digit. Asked before the digit is added: sixteen
# times the largest size would not fit into 63 bits.
cdef long long FULL_SIZE = 16 ** (_framing.MAX_DIGITS - 1)


cdef inline int digit_of(unsigned char byte) noexcept:
    """Of a byte that the table knows for a hexadecimal digit."""
    return byte - 48 if byte <= 57 else (byte | 32) - 87


cdef class ChunkedBody:
    cdef unsigned char state
    cdef long long left
    cdef Py_ssize_t line

    def __cinit__(self):
        self.state = SIZE
        self.left = 0
        self.line = 0

    @property
    def done(self):
        return self.state == DONE

    def feed(self, bytes data not None):
        cdef const unsigned char *p = <const unsigned char *><const char *>data
        cdef Py_ssize_t size = len(data)
        cdef Py_ssize_t at = 0
        cdef unsigned char state
        while at < size and self.state != DONE:
            if self.state == DATA:
                if self.left > size - at:
                    self.left -= size - at
                    return size
                at += self.left
                self.left = 0
                self.state = AFTER
                continue
            state = self.state
            self.step(p[at])
            if self.state == FAILED:
                raise _framing.failure(state)
            at += 1
        return at

    cdef inline void step(self, unsigned char byte) noexcept:
        cdef unsigned char following = TABLE[256 * self.state + byte]
        if following == DIGITS:
            if self.left >= FULL_SIZE:
                following = FAILED
            else:
                self.left = 16 * self.left + digit_of(byte)
        if byte != 13 and byte != 10:
            self.line += 1
        if self.line > (MAX_SIZE_LINE if self.state < AFTER else MAX_TRAILERS):
            following = FAILED
        if following == DATA:
            self.line = 0
            following = DATA if self.left else TRAILER
        self.state = following
