# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: every read is behind a comparison with ``stop``, the end of a bytes object that
# the caller holds for the length of the call.

from libc.string cimport memchr


def event_ends(bytes data not None, int state):
    cdef const char *start = data
    cdef const char *stop = start + len(data)
    cdef const char *line = start  # where the current line begins
    cdef const char *line_end
    cdef const char *lf = NULL  # the next of each at or behind ``line``; stop if none
    cdef const char *cr = NULL
    cdef bint is_open = state == 0
    cdef list ends = []
    if start == stop:
        return ends, state
    if state == 2 and line[0] == b"\n":
        line += 1
    cr = <const char *>memchr(line, b"\r", stop - line)
    if cr == NULL:
        cr = stop
    while line < stop:
        # A stream without any CR costs one memchr for them all, above.
        if cr < line:
            cr = <const char *>memchr(line, b"\r", stop - line)
            if cr == NULL:
                cr = stop
        if lf < line:
            lf = <const char *>memchr(line, b"\n", stop - line)
            if lf == NULL:
                lf = stop
        line_end = lf if lf < cr else cr
        if line_end == stop:
            return ends, 0
        if line_end == line and not is_open:
            ends.append(line_end + 1 - start)
        is_open = False
        line = line_end + 1
        if line_end == cr and line < stop and line[0] == b"\n":
            line += 1
    return ends, 2 if (stop - 1)[0] == b"\r" else 1
