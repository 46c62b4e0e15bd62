# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: every index runs from len - 1 down to 0 over a bytes object held by the caller.


def luhn_valid(bytes digits not None):
    cdef const unsigned char *p = digits
    cdef Py_ssize_t i = len(digits) - 1
    # Bytes are bounded by memory: 9 * 2**60 is far from overflowing 64 bits.
    cdef unsigned long long total = 0
    cdef unsigned int value
    cdef bint doubled = False
    if i < 0:
        return False
    while i >= 0:
        value = <unsigned int>p[i] - 48  # below "0" wraps round and is refused too
        if value > 9:
            return False
        if doubled:
            value += value
            if value > 9:
                value -= 9
        total += value
        doubled = not doubled
        i -= 1
    return total % 10 == 0
