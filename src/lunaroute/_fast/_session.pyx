# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: every read is behind a comparison with ``stop``, the end of a bytes object that
# the caller holds for the length of the call; the walk back over backslashes stops at the
# quote that opened the string.
#
# The tokens are those of the twin. Nearly all bytes of a body stand in strings, and those
# are passed over by memchr.

from libc.string cimport memcmp

from lunaroute._fast._strings cimport string_end

cdef enum Name:
    NONE
    METADATA
    USER_ID


cdef inline Name name_at(
    const char *quote, Py_ssize_t size, Py_ssize_t depth, bint in_metadata
) noexcept:
    if depth == 1 and size == 10 and memcmp(quote, b'"metadata"', 10) == 0:
        return METADATA
    if depth == 2 and in_metadata and size == 9 and memcmp(quote, b'"user_id"', 9) == 0:
        return USER_ID
    return NONE


def user_id_span(bytes body not None):
    cdef const char *start = body
    cdef const char *stop = start + len(body)
    cdef const char *p = start
    cdef const char *end
    cdef Py_ssize_t depth = 0
    cdef Py_ssize_t found_start = -1
    cdef Py_ssize_t found_end = -1
    cdef Py_ssize_t object_start = -1
    cdef bint in_metadata = False
    cdef Name last_string = NONE
    cdef Name named = NONE
    cdef char byte
    while p < stop:
        byte = p[0]
        if byte == b" " or byte == b"\n" or byte == b"\t" or byte == b"\r":
            p += 1
            continue
        if byte == b'"':
            end = string_end(p, stop)
            if end == NULL:
                break
            last_string = NONE
            if named == USER_ID:
                found_start = p - start
                found_end = end - start
            elif named == NONE:
                last_string = name_at(p, end - p, depth, in_metadata)
            named = NONE
            p = end
            continue
        if byte == b":":
            named = last_string
            if named != NONE:
                found_start = found_end = -1
        elif byte == b"{" or byte == b"[":
            depth += 1
            if byte == b"{":
                if named == METADATA:
                    in_metadata = True
                elif named == USER_ID:
                    object_start = p - start
            named = NONE
        elif byte == b"}" or byte == b"]":
            named = NONE
            depth -= 1
            if depth <= 0:
                break
            if depth == 1:
                in_metadata = False
            elif depth == 2 and object_start >= 0:
                found_start = object_start
                found_end = p + 1 - start
                object_start = -1
        else:
            named = NONE
        last_string = NONE
        p += 1
    return found_start, found_end
