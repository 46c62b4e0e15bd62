# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: a head is looked at only once it is known to end in CRLF CRLF. CR and LF belong
# to no class of bytes, so a run of any class ends in front of the last two at the latest,
# and what is compared behind a run is compared byte by byte up to a byte of the run's end.

from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memchr, memcmp

cdef enum:
    TOKEN = 1
    VALUE = 2
    TARGET = 4
    HOST = 8
    DIGIT = 16

cdef enum:
    MAX_FIELDS = 200
    MAX_DIGITS = 18  # of a length: below 2^63
    MAX_PORT = 65535
    MAX_PORT_DIGITS = 5
    NOT_SAID = -2
    CHUNKED = -1
    UNUSUAL = -3

cdef enum:
    CLOSE = 1
    UPGRADE = 2

cdef unsigned char KIND[256]
cdef unsigned char LOWER[256]


cdef int fill_tables() except -1:
    cdef int byte
    for byte in range(256):
        KIND[byte] = 0
        LOWER[byte] = byte + 32 if 65 <= byte <= 90 else byte
        if byte == 9 or 32 <= byte <= 126 or byte >= 128:
            KIND[byte] |= VALUE
        if 33 <= byte <= 126:
            KIND[byte] |= TARGET
        if 48 <= byte <= 57:
            KIND[byte] |= DIGIT | HOST | TOKEN
        if 65 <= byte <= 90 or 97 <= byte <= 122:
            KIND[byte] |= HOST | TOKEN
    for byte in b"!#$%&'*+-.^_`|~":
        KIND[byte] |= TOKEN
    for byte in b".-_":
        KIND[byte] |= HOST
    return 0


fill_tables()

cdef struct Span:
    const unsigned char *start  # NULL while there is none
    const unsigned char *stop

cdef struct Known:
    Span host
    Span connection
    Span upgrade
    Span length
    Span coding

cdef struct Verdict:
    long long length
    int options


cdef inline bint is_whole(const unsigned char *start, Py_ssize_t size) noexcept:
    return size >= 4 and memcmp(start + size - 4, b"\r\n\r\n", 4) == 0


cdef inline bint is_word(
    const unsigned char *p, Py_ssize_t size, const char *word, Py_ssize_t length
) noexcept:
    """Whether ``p`` is ``word`` (lower case) but for upper and lower case."""
    cdef Py_ssize_t i
    if size != length:
        return False
    for i in range(length):
        if LOWER[p[i]] != <unsigned char>word[i]:
            return False
    return True


cdef inline const unsigned char *version_end(
    const unsigned char *p, int *minor
) noexcept:
    """Behind ``HTTP/1.0`` or ``HTTP/1.1``; NULL for anything else. Stops at CR."""
    cdef Py_ssize_t i
    for i in range(7):
        if p[i] != <unsigned char>(b"HTTP/1.")[i]:
            return NULL
    if p[7] != b"0" and p[7] != b"1":
        return NULL
    minor[0] = p[7] - 48
    return p + 8


cdef inline bint take(
    Known *known, const unsigned char *name, Py_ssize_t size, Span value
) noexcept:
    """Notes a field that decides something. False if it was there before."""
    cdef Span *place = NULL
    if size == 4:
        if is_word(name, size, b"host", 4):
            place = &known.host
    elif size == 7:
        if is_word(name, size, b"upgrade", 7):
            place = &known.upgrade
    elif size == 10:
        if is_word(name, size, b"connection", 10):
            place = &known.connection
    elif size == 14:
        if is_word(name, size, b"content-length", 14):
            place = &known.length
    elif size == 17:
        if is_word(name, size, b"transfer-encoding", 17):
            place = &known.coding
    if place == NULL:
        return True
    if place.start != NULL:
        return False
    while value.start < value.stop and (value.start[0] == 32 or value.start[0] == 9):
        value.start += 1
    while value.start < value.stop and ((value.stop - 1)[0] == 32 or (value.stop - 1)[0] == 9):
        value.stop -= 1
    place[0] = value
    return True


cdef inline bint scan_fields(
    const unsigned char *p, const unsigned char *end, Known *known
) noexcept:
    """From the first field to the empty line, which must be the last."""
    cdef const unsigned char *name
    cdef Span value
    cdef int fields = 0
    cdef Py_ssize_t size
    while p[0] != 13:
        name = p
        while KIND[p[0]] & TOKEN:
            p += 1
        size = p - name
        if size == 0 or p[0] != b":":
            return False
        p += 1
        value.start = p
        while KIND[p[0]] & VALUE:
            p += 1
        value.stop = p
        if p[0] != 13 or p[1] != 10:
            return False
        p += 2
        fields += 1
        if fields > MAX_FIELDS or not take(known, name, size, value):
            return False
    return p + 2 == end


cdef inline long long length_of(Known *known, int minor) noexcept:
    cdef const unsigned char *p = known.length.start
    cdef long long length = 0
    if known.coding.start != NULL:
        if p != NULL or minor == 0 or not is_word(
            known.coding.start, known.coding.stop - known.coding.start, b"chunked", 7
        ):
            return UNUSUAL
        return CHUNKED
    if p == NULL:
        return NOT_SAID
    if p == known.length.stop or known.length.stop - p > MAX_DIGITS:
        return UNUSUAL
    while p < known.length.stop:
        if not KIND[p[0]] & DIGIT:
            return UNUSUAL
        length = length * 10 + (p[0] - 48)
        p += 1
    return length


cdef inline int options_of(Span value) noexcept:
    """What Connection says; -1 if it names a field of the head's own."""
    cdef const unsigned char *p = value.start
    cdef const unsigned char *stop
    cdef const unsigned char *comma
    cdef int options = 0
    if p == NULL:
        return 0
    while True:
        while p < value.stop and (p[0] == 32 or p[0] == 9):
            p += 1
        comma = p
        while comma < value.stop and comma[0] != b",":
            comma += 1
        stop = comma
        while stop > p and ((stop - 1)[0] == 32 or (stop - 1)[0] == 9):
            stop -= 1
        if is_word(p, stop - p, b"close", 5):
            options |= CLOSE
        elif is_word(p, stop - p, b"upgrade", 7):
            options |= UPGRADE
        elif not is_word(p, stop - p, b"keep-alive", 10):
            return -1
        if comma == value.stop:
            return options
        p = comma + 1


cdef inline bint is_plain_host(Span host) noexcept:
    cdef const unsigned char *p = host.start
    cdef const unsigned char *port
    cdef int number = 0
    if p == NULL:
        return False
    while p < host.stop and KIND[p[0]] & HOST:
        p += 1
    if p == host.start:
        return False
    if p == host.stop:
        return True
    if p[0] != b":":
        return False
    p += 1
    port = p
    while p < host.stop and KIND[p[0]] & DIGIT:
        if p - port == MAX_PORT_DIGITS:
            return False
        number = number * 10 + (p[0] - 48)
        p += 1
    return p == host.stop and p > port and number <= MAX_PORT


cdef inline bint judge(
    const unsigned char *p,
    const unsigned char *end,
    int minor,
    Known *known,
    Verdict *verdict,
) noexcept:
    """The fields from ``p`` on; False for what is unusual."""
    known.host.start = known.connection.start = known.upgrade.start = NULL
    known.length.start = known.coding.start = NULL
    if not scan_fields(p, end, known):
        return False
    verdict.length = length_of(known, minor)
    verdict.options = options_of(known.connection)
    return verdict.length != UNUSUAL and verdict.options >= 0


def head_end(data not None, Py_ssize_t start):
    cdef bytes fixed
    cdef bytearray growing
    cdef const char *begin
    cdef const char *stop
    cdef const char *p
    if isinstance(data, bytearray):
        growing = data
        begin = PyByteArray_AS_STRING(growing)
    else:
        fixed = data
        begin = fixed
    stop = begin + len(data)
    p = begin + (start if start > 0 else 0)
    while p < stop:
        p = <const char *>memchr(p, b"\n", stop - p)
        if p == NULL:
            return 0
        p += 1
        if p < stop and p[0] == b"\n":
            return p + 1 - begin
        if stop - p > 1 and p[0] == b"\r" and p[1] == b"\n":
            return p + 2 - begin
    return 0


def scan_request(bytes raw not None):
    cdef const unsigned char *start = <const unsigned char *><const char *>raw
    cdef const unsigned char *end = start + len(raw)
    cdef const unsigned char *p = start
    cdef const unsigned char *target
    cdef Py_ssize_t method_size
    cdef Py_ssize_t target_size
    cdef int minor = 0
    cdef Known known
    cdef Verdict verdict
    cdef bint websocket
    if not is_whole(start, end - start):
        return None
    while KIND[p[0]] & TOKEN:
        p += 1
    method_size = p - start
    if method_size == 0 or p[0] != b" " or p[1] != b"/":
        return None
    if method_size == 7 and memcmp(start, b"CONNECT", 7) == 0:
        return None
    if method_size == 5 and memcmp(start, b"TRACE", 5) == 0:
        return None
    p += 1
    target = p
    while KIND[p[0]] & TARGET:
        p += 1
    target_size = p - target
    if p[0] != b" ":
        return None
    p = version_end(p + 1, &minor)
    if p == NULL or p[0] != 13 or p[1] != 10:
        return None
    if not judge(p + 2, end, minor, &known, &verdict):
        return None
    if known.host.start == NULL:
        if minor:
            return None
        known.host.start = known.host.stop = end
    elif not is_plain_host(known.host):
        return None
    websocket = False
    if known.upgrade.start != NULL:
        if not minor or not is_word(
            known.upgrade.start, known.upgrade.stop - known.upgrade.start, b"websocket", 9
        ):
            return None
        websocket = verdict.options & UPGRADE != 0
    return (
        PyBytes_FromStringAndSize(<const char *>start, method_size),
        PyBytes_FromStringAndSize(<const char *>target, target_size),
        minor,
        0 if verdict.length == NOT_SAID else verdict.length,
        verdict.options & CLOSE != 0,
        websocket,
        PyBytes_FromStringAndSize(
            <const char *>known.host.start, known.host.stop - known.host.start
        ),
    )


def scan_response(bytes raw not None):
    cdef const unsigned char *start = <const unsigned char *><const char *>raw
    cdef const unsigned char *end = start + len(raw)
    cdef const unsigned char *p
    cdef int minor = 0
    cdef int status
    cdef Known known
    cdef Verdict verdict
    if not is_whole(start, end - start):
        return None
    p = version_end(start, &minor)
    if p == NULL or p[0] != b" " or p[1] < b"2" or p[1] > b"9":
        return None
    if not KIND[p[2]] & DIGIT or not KIND[p[3]] & DIGIT or p[4] != b" ":
        return None
    status = (p[1] - 48) * 100 + (p[2] - 48) * 10 + (p[3] - 48)
    p += 5
    while KIND[p[0]] & VALUE:
        p += 1
    if p[0] != 13 or p[1] != 10:
        return None
    if not judge(p + 2, end, minor, &known, &verdict):
        return None
    return status, minor, verdict.length, verdict.options & CLOSE != 0


cdef inline const char *line_end(const char *p, const char *stop) noexcept:
    """Behind the LF at or after ``p``; the caller knows that there is one."""
    return <const char *>memchr(p, b"\n", stop - p) + 1


def field_value(bytes raw not None, bytes name not None):
    cdef const char *start = raw
    cdef const char *stop = start + len(raw)
    cdef const char *wanted = name
    cdef Py_ssize_t size = len(name)
    cdef const char *p
    cdef const char *end
    if not is_whole(<const unsigned char *>start, stop - start):
        raise ValueError("not a whole head")
    stop -= 2  # the empty line
    p = line_end(start, stop)
    while p < stop:
        end = line_end(p, stop)
        if end - p > size and p[size] == b":" and is_word(
            <const unsigned char *>p, size, wanted, size
        ):
            p += size + 1
            return raw[p - start:end - start].strip(b" \t\r\n")
        p = end
    return b""


cdef struct Marks:
    unsigned long long front
    unsigned long long back


cdef inline Marks marks_of(const char *name, Py_ssize_t size) noexcept:
    """A bit of 64 by length and first letter, one by length and last letter.

    A line whose two bits are not among those of the wanted names needs no lookup.
    """
    cdef Marks marks
    if size == 0:
        marks.front = marks.back = 1
    else:
        marks.front = 1ULL << ((size * 7 + LOWER[<unsigned char>name[0]]) & 63)
        marks.back = 1ULL << ((size * 5 + LOWER[<unsigned char>name[size - 1]]) & 63)
    return marks


cdef int add_marks(object names, Marks *marks) except -1:
    cdef Marks more
    for name in names:
        more = marks_of(<bytes?>name, len(<bytes>name))
        marks.front |= more.front
        marks.back |= more.back
    return 0


cdef inline bint is_named(bytes name, object gone, object gone_too) except -1:
    return name in gone or name in gone_too


def pick_fields(bytes raw not None, names not None):
    cdef const char *begin = raw
    cdef const char *stop = begin + len(raw)
    cdef const char *p
    cdef const char *end
    cdef const char *colon
    cdef Marks wanted
    cdef Marks marks
    cdef list found = []
    cdef bytes name
    if not is_whole(<const unsigned char *>begin, stop - begin):
        raise ValueError("not a whole head")
    wanted.front = wanted.back = 0
    add_marks(names, &wanted)
    stop -= 2
    p = line_end(begin, stop)
    while p < stop:
        end = line_end(p, stop)
        colon = <const char *>memchr(p, b":", end - p)
        if colon != NULL:
            marks = marks_of(p, colon - p)
            if marks.front & wanted.front and marks.back & wanted.back:
                name = raw[p - begin:colon - begin].lower()
                if name in names:
                    found.append(
                        (name, raw[colon + 1 - begin:end - begin].strip(b" \t\r\n"))
                    )
        p = end
    return tuple(found)


def rewrite(
    bytes raw not None,
    bytes start not None,
    gone not None,
    gone_too not None,
    bytes host,
    bytes tail not None,
):
    cdef const char *begin = raw
    cdef const char *stop = begin + len(raw)
    cdef const char *p
    cdef const char *end
    cdef const char *colon
    cdef const char *run  # where the lines begin that are kept and not copied yet
    cdef Py_ssize_t size
    cdef bint hosted = host is None
    cdef bint is_host
    cdef Marks wanted
    cdef Marks marks
    cdef list kept = [start]
    if not is_whole(<const unsigned char *>begin, stop - begin):
        raise ValueError("not a whole head")
    wanted.front = wanted.back = 0
    add_marks(gone, &wanted)
    add_marks(gone_too, &wanted)
    stop -= 2
    p = run = line_end(begin, stop)
    while p < stop:
        end = line_end(p, stop)
        colon = <const char *>memchr(p, b":", end - p)
        size = 0 if colon == NULL else colon - p
        is_host = host is not None and is_word(
            <const unsigned char *>p, size, b"host", 4
        )
        marks = marks_of(p, size)
        if is_host or (
            marks.front & wanted.front
            and marks.back & wanted.back
            and is_named(raw[p - begin:p + size - begin].lower(), gone, gone_too)
        ):
            if run < p:
                kept.append(raw[run - begin:p - begin])
            if is_host:
                kept.append(raw[p - begin:p + 4 - begin] + b": " + host + b"\r\n")
                hosted = True
            run = end
        p = end
    if run < p:
        kept.append(raw[run - begin:p - begin])
    if not hosted:
        kept.append(b"Host: " + host + b"\r\n")
    kept.append(tail)
    kept.append(b"\r\n")
    return b"".join(kept)
