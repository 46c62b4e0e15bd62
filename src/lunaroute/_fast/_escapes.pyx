# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: every read of ``p`` is behind a comparison with ``n``, the length of a text that
# the caller holds. ``out`` has room for PIECE characters and gets no more;
# ``seen`` and ``ends`` have room for as many numbers as the text has backslashes.

from cpython cimport array
from cpython.mem cimport PyMem_Free, PyMem_Malloc

import array

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    int PyUnicode_KIND(object text)
    void *PyUnicode_DATA(object text)
    object PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t size)

ctypedef fused Unit:
    unsigned char
    unsigned short
    unsigned int

cdef enum:
    NONE = -1
    HIDDEN = 0xFFFD
    PIECE = 16384

cdef array.array EMPTY = array.array("q")


cdef inline int hex_value(unsigned int c) noexcept:
    if 48 <= c <= 57:
        return <int>c - 48
    c |= 32
    return <int>c - 87 if 97 <= c <= 102 else NONE


cdef inline int hex_code(const Unit *p) noexcept:
    """The value of four hex digits; NONE if they are not."""
    cdef int code = 0
    cdef int k
    cdef int digit
    for k in range(4):
        digit = hex_value(p[k])
        if digit < 0:
            return NONE
        code = code << 4 | digit
    return code


cdef inline int escape(const Unit *p, Py_ssize_t left, int *width) noexcept:
    """What the backslash at ``p`` and what follows it stand for; NONE if for nothing."""
    cdef int code
    cdef int low
    cdef unsigned int c
    if left < 2:
        return NONE
    c = p[1]
    width[0] = 2
    if c == 110:  # n
        return 10
    if c == 34 or c == 92 or c == 47:  # " \ /
        return c
    if c == 116:  # t
        return 9
    if c == 114:  # r
        return 13
    if c == 98:  # b
        return 8
    if c == 102:  # f
        return 12
    if c != 117 or left < 6:  # u
        return NONE
    code = hex_code(p + 2)
    width[0] = 6
    if code < 0xD800 or code > 0xDFFF:
        return code
    if code < 0xDC00 and left >= 12 and p[6] == 92 and p[7] == 117:
        low = hex_code(p + 8)
        if 0xDC00 <= low <= 0xDFFF:
            width[0] = 12
            return 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
    return HIDDEN


cdef Py_ssize_t undo(
    const Unit *p, Py_ssize_t n, Py_ssize_t *at, unsigned int *out
) noexcept:
    """Write up to PIECE characters of what is read from ``at`` on, and move it."""
    cdef Py_ssize_t i = at[0]
    cdef Py_ssize_t size = 0
    cdef int width = 0
    cdef int code
    while i < n and size < PIECE:
        if p[i] != 92:
            out[size] = p[i]
            i += 1
        else:
            code = escape(p + i, n - i, &width)
            if code == NONE:
                out[size] = 92
                i += 1
            else:
                out[size] = code
                i += width
        size += 1
    at[0] = i
    return size


cdef Py_ssize_t mark(
    const Unit *p, Py_ssize_t n, long long *seen, long long *ends
) noexcept:
    """Write where each escape's character is and where the escape ends; how many."""
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t surplus = 0
    cdef Py_ssize_t count = 0
    cdef int width = 0
    while i < n:
        if p[i] != 92 or escape(p + i, n - i, &width) == NONE:
            i += 1
            continue
        seen[count] = i - surplus
        i += width
        surplus += width - 1
        ends[count] = i
        count += 1
    return count


cdef Py_ssize_t backslashes(const Unit *p, Py_ssize_t n) noexcept:
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t i
    for i in range(n):
        count += p[i] == 92
    return count


cdef str undone(const Unit *p, Py_ssize_t n):
    # In pieces, each of which is as narrow as it can be: one for all of a long text
    # would be new memory each time, four times as much.
    cdef unsigned int *out = <unsigned int *>PyMem_Malloc(PIECE * sizeof(unsigned int))
    cdef list pieces = []
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t size
    if out == NULL:
        raise MemoryError
    try:
        while at < n:
            size = undo(p, n, &at, out)
            pieces.append(PyUnicode_FromKindAndData(4, out, size))
    finally:
        PyMem_Free(out)
    return "".join(pieces)


cdef tuple marked(const Unit *p, Py_ssize_t n):
    cdef Py_ssize_t count = backslashes(p, n)
    cdef array.array seen = array.clone(EMPTY, count, False)
    cdef array.array ends = array.clone(EMPTY, count, False)
    count = mark(p, n, seen.data.as_longlongs, ends.data.as_longlongs)
    array.resize(seen, count)
    array.resize(ends, count)
    return seen, ends


def unescaped(str text not None):
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    if "\\" not in text:
        return text
    if kind == 1:
        return undone(<const unsigned char *>data, n)
    if kind == 2:
        return undone(<const unsigned short *>data, n)
    return undone(<const unsigned int *>data, n)


def escapes(str text not None):
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    if kind == 1:
        return marked(<const unsigned char *>data, n)
    if kind == 2:
        return marked(<const unsigned short *>data, n)
    return marked(<const unsigned int *>data, n)
