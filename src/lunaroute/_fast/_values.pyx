# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: every read is behind a comparison with ``stop``, the end of a bytes object that
# the caller holds for the length of the call; ``opened`` is written below DEEP only.

from lunaroute._fast._strings cimport string_end

cdef enum:
    # Deeper than anybody asks for; what is nested further is only counted.
    DEEP = 64


cdef inline bint names(const char *p, const char *stop) noexcept:
    """Whether a colon comes next: the string before it was a member's name."""
    while p < stop and (p[0] == b" " or p[0] == b"\t" or p[0] == b"\n" or p[0] == b"\r"):
        p += 1
    return p < stop and p[0] == b":"


def value_spans(bytes body not None, Py_ssize_t smallest, Py_ssize_t deepest):
    cdef const char *start = body
    cdef const char *stop = start + len(body)
    cdef const char *p = start
    cdef const char *end
    cdef Py_ssize_t opened[DEEP]
    cdef Py_ssize_t depth = 0
    cdef Py_ssize_t begun
    cdef list spans = []
    if deepest >= DEEP:
        raise ValueError("deepest must be below 64")
    while p < stop:
        if p[0] == b'"':
            end = string_end(p, stop)
            if end == NULL:
                break
            if depth <= deepest and end - p >= smallest and not names(end, stop):
                spans.append((p - start, end - start, depth))
            p = end
            continue
        if p[0] == b"{" or p[0] == b"[":
            if depth < DEEP:
                opened[depth] = p - start
            depth += 1
        elif p[0] == b"}" or p[0] == b"]":
            if depth == 0:
                break
            depth -= 1
            if depth <= deepest:
                begun = opened[depth]
                if p + 1 - start - begun >= smallest:
                    spans.append((begun, p + 1 - start, depth))
        p += 1
    spans.sort()
    return spans
