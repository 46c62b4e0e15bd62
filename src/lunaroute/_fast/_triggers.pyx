# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, autotestdict=False
# (A ``__test__`` would be one more name for the stub to declare.)
#
# Bounds: ``p`` points into a bytes object that the caller holds; every read is behind a
# comparison with ``n``, its length, or goes back no further than its start. The tables
# of the automaton are as long as its states are many, and every state it leads to is one.

from libc.stdlib cimport free, malloc, qsort, realloc
from libc.string cimport memcmp

from lunaroute._fast import _triggered

cdef enum:
    WORD = 1
    ALNUM = 2
    DIGIT = 4
    HEX = 8
    UPPER = 16
    LOWER = 32
    URL64 = 64
    BASE64 = 128
    # The second table.
    SEPARATOR = 1
    LOCAL_END = 2
    DOMAIN = 4
    CLOSING = 8
    NO_USER = 16
    NO_PASSWORD = 32
    MOST_RUNS = 8
    LONGEST_RUN = 19
    ARMOUR_REACH = 256
    SPACED_REACH = 48

cdef int AT = _triggered.AT
cdef int COLON = _triggered.COLON
cdef int IPV4 = _triggered.IPV4
cdef int CARD = _triggered.CARD
cdef int SSN = _triggered.SSN
cdef int PHONE = _triggered.PHONE
cdef int ID = _triggered.ID
cdef int IBAN = _triggered.IBAN
cdef int BASE58 = _triggered.BASE58
cdef int FISCAL = _triggered.FISCAL
cdef int MAC = _triggered.MAC
cdef int DISCORD = _triggered.DISCORD
cdef int LEFT = _triggered.LEFT
cdef int EXACT = _triggered.EXACT
cdef int CONTEXT = _triggered.CONTEXT
cdef int ASSIGN = _triggered.ASSIGN
cdef int LEFT64 = _triggered.LEFT64
cdef int AUTHORITY = _triggered.AUTHORITY
cdef int ARMOUR = _triggered.ARMOUR
cdef Py_ssize_t BEFORE = _triggered.BEFORE
cdef Py_ssize_t AFTER = _triggered.AFTER

cdef unsigned char first[256]
cdef unsigned char second[256]
cdef unsigned char folded[256]


cdef void fill() noexcept:
    cdef int c
    for c in range(256):
        first[c] = 0
        second[c] = 0
        folded[c] = c
        if 48 <= c <= 57:
            first[c] = WORD | ALNUM | DIGIT | HEX | URL64 | BASE64
        elif 65 <= c <= 90:
            first[c] = WORD | ALNUM | UPPER | URL64 | BASE64
            folded[c] = c + 32
        elif 97 <= c <= 122:
            first[c] = WORD | ALNUM | LOWER | URL64 | BASE64
        elif c == b"_":
            first[c] = WORD | URL64 | BASE64
        elif c == b"-":
            first[c] = URL64 | BASE64
        elif c == b"+" or c == b"/" or c == b"=":
            first[c] = BASE64
        if 65 <= c <= 70 or 97 <= c <= 102:
            first[c] |= HEX
        # 0xa0, a space that does not break, is no char of C's where those have a sign.
        if c in b" .-()/?" or c == 0xA0:
            second[c] |= SEPARATOR
        if first[c] & ALNUM or c >= 128 or c in b"!#$%&'*+/=?^_`{|}~.\"-":
            second[c] |= LOCAL_END
        if first[c] & ALNUM or c >= 128 or c in b".?-":
            second[c] |= DOMAIN
        if c in b"\\\"'`])*?[ \t":
            second[c] |= CLOSING
        if c in b" \t\n\r\f\v/@:\"'<>":
            second[c] |= NO_USER
        if c in b" \t\n\r\f\v/@\"'<>":
            second[c] |= NO_PASSWORD


fill()

cdef struct Hit:
    Py_ssize_t at
    Py_ssize_t end
    unsigned int code


cdef struct Hits:
    Hit *items
    Py_ssize_t count
    Py_ssize_t room


cdef struct Entry:
    const unsigned char *text
    Py_ssize_t length
    unsigned int code
    unsigned int mask
    int flags
    int follow
    Py_ssize_t least


cdef int push(Hits *hits, Py_ssize_t at, Py_ssize_t end, unsigned int code) except -1:
    cdef Hit *more
    cdef Py_ssize_t room
    if hits.count == hits.room:
        room = hits.room * 2 if hits.room else 256
        more = <Hit *>realloc(hits.items, room * sizeof(Hit))
        if more == NULL:
            raise MemoryError
        hits.items = more
        hits.room = room
    hits.items[hits.count].at = at
    hits.items[hits.count].end = end
    hits.items[hits.count].code = code
    hits.count += 1
    return 0


cdef int compare(const void *a, const void *b) noexcept nogil:
    cdef const Hit *one = <const Hit *>a
    cdef const Hit *other = <const Hit *>b
    if one.at != other.at:
        return -1 if one.at < other.at else 1
    if one.code != other.code:
        return -1 if one.code < other.code else 1
    return 0


cdef inline bint is_name(unsigned char c) noexcept:
    return first[c] & URL64


cdef bint is_word(const unsigned char *p, Py_ssize_t n, Py_ssize_t start, Py_ssize_t end) noexcept:
    cdef int alpha = UPPER | LOWER
    cdef int head = first[p[start]]
    if start and head & alpha and first[p[start - 1]] & alpha:
        if not (head & UPPER and first[p[start - 1]] & LOWER):
            return False
    if end == n or not first[p[end]] & alpha or not first[p[end - 1]] & alpha:
        return True
    if first[p[end]] & UPPER and first[p[end - 1]] & LOWER:
        return True
    return p[end] == b"s" and (end + 1 == n or not first[p[end + 1]] & alpha)


cdef bint is_open(const unsigned char *p, Py_ssize_t start) noexcept:
    cdef unsigned char c
    if start == 0 or not first[p[start - 1]] & WORD:
        return True
    c = p[start - 1]
    if start >= 2 and p[start - 2] == b"\\":
        if c == b"n" or c == b"r" or c == b"t" or c == b"b" or c == b"f":
            return True
    if start >= 3 and p[start - 3] == b"%":
        return first[c] & HEX and first[p[start - 2]] & HEX
    return start >= 6 and p[start - 6] == b"\\" and p[start - 5] == b"u"


cdef inline bint is_quote(unsigned char c) noexcept:
    return c == b'"' or c == b"'" or c == b"`"


cdef bint is_telling(const unsigned char *p, Py_ssize_t n, Py_ssize_t start) noexcept:
    """Whether a digit or a quote comes soon on the same line."""
    cdef Py_ssize_t k = start
    while k < n and k - start < SPACED_REACH and p[k] != b"\n":
        if first[p[k]] & DIGIT or is_quote(p[k]):
            return True
        k += 1
    return False


cdef bint is_paired(const unsigned char *p, Py_ssize_t n, Py_ssize_t start) noexcept:
    """Whether a name such as value or default comes soon."""
    cdef Py_ssize_t k = start
    cdef Py_ssize_t last = min(n, start + SPACED_REACH)
    while k + 4 <= last:
        if memcmp(p + k, b"alue", 4) == 0 or memcmp(p + k, b"ALUE", 4) == 0:
            return True
        if k + 6 <= last and memcmp(p + k, b"efault", 6) == 0:
            return True
        k += 1
    return False


cdef bint is_column(const unsigned char *p, Py_ssize_t start) noexcept:
    """Whether a sign of a table stands before the name, or nothing in its line."""
    cdef Py_ssize_t k = start
    while k > 0 and start - k < 34 and is_name(p[k - 1]):
        k -= 1
    if k == 0 or start - k == 34:
        return True
    return (
        p[k - 1] == b"," or p[k - 1] == b";" or p[k - 1] == b"|"
        or p[k - 1] == b"\t" or p[k - 1] == b"\n"
    )


cdef bint is_assigned(
    const unsigned char *p, Py_ssize_t n, Py_ssize_t start, Py_ssize_t end
) noexcept:
    cdef Py_ssize_t behind = end
    cdef Py_ssize_t k
    cdef Py_ssize_t j
    cdef unsigned char c
    cdef bint spaced = False
    while behind < n and behind - end < 32 and is_name(p[behind]):
        behind += 1
    k = behind
    while k < n and k - behind < 24 and second[p[k]] & CLOSING:
        if p[k] == b" " or p[k] == b"\t":
            spaced = True
        k += 1
    if k < n:
        c = p[k]
        if c == b":" or c == b"=" or c == b">" or c == b"|" or c == b"<":
            return True
        if n - k >= 3 and c == b"i" and p[k + 1] == b"s":
            if p[k + 2] == b" " or p[k + 2] == b":":
                return True
        if n - k >= 4 and memcmp(p + k, b"was ", 4) == 0:
            return True
        if c == b"(":
            j = k + 1
            while j < n and j - k < 4 and p[j] == b"\\":
                j += 1
            if j < n and is_quote(p[j]):
                return True
        if spaced and is_telling(p, n, k):
            return True
        if c == b"," or c == b"\n" or c == b"\r":
            if is_column(p, start):
                return True
        if c == b"," or c == b"{" or c == b"\n" or c == b"\r":
            if is_paired(p, n, k):
                return True
    k = behind
    while k < n and k - behind < 3 and p[k] == b"\\":
        k += 1
    if k + 1 < n and is_quote(p[k]) and p[k + 1] == b",":
        return True
    if behind == n or (p[behind] != b" " and p[behind] != b"\t"):
        return False
    k = start
    while k > 0 and start - k < 34 and is_name(p[k - 1]):
        k -= 1
    while k + 1 < start:
        if p[k] == b"-" and p[k + 1] == b"-":
            return True
        k += 1
    return False


cdef bint is_authority(const unsigned char *p, Py_ssize_t n, Py_ssize_t end) noexcept:
    cdef Py_ssize_t k = end
    cdef Py_ssize_t begun
    while k < n and k - end < 128 and not second[p[k]] & NO_USER:
        k += 1
    if k == n or p[k] != b":":
        return False
    k += 1
    begun = k
    while k < n and k - begun < 256 and not second[p[k]] & NO_PASSWORD:
        k += 1
    return k > begun and k < n and p[k] == b"@"


cdef bint is_armour(const unsigned char *p, Py_ssize_t n, Py_ssize_t end) noexcept:
    cdef Py_ssize_t k = end
    cdef int run = 0
    while k < n and k - end < ARMOUR_REACH:
        if first[p[k]] & ALNUM or p[k] == b"+" or p[k] == b"/":
            run += 1
            if run == 16:
                return True
        else:
            run = 0
            if n - k >= 5 and memcmp(p + k, b"-----", 5) == 0:
                return False
        k += 1
    return False


cdef bint is_literal(const unsigned char *p, Py_ssize_t n, Py_ssize_t start, Entry *entry) noexcept:
    cdef Py_ssize_t end = start + entry.length
    cdef Py_ssize_t k
    if n - end < entry.least:
        return False
    if entry.flags & EXACT and memcmp(p + start, entry.text, entry.length) != 0:
        return False
    if entry.flags & LEFT and not is_open(p, start):
        return False
    if entry.flags & LEFT64 and start and p[start - 1] == b"-":
        return False
    for k in range(end, end + entry.least):
        if not first[p[k]] & entry.follow:
            return False
    if entry.flags & ASSIGN and not is_assigned(p, n, start, end):
        return False
    if entry.flags & ARMOUR and not is_armour(p, n, end):
        return False
    return not entry.flags & AUTHORITY or is_authority(p, n, end)


cdef bint is_address(const unsigned char *p, Py_ssize_t n, Py_ssize_t at) noexcept:
    cdef Py_ssize_t k = at + 1
    cdef bint dotted = False
    cdef unsigned char c
    if at == 0 or not second[p[at - 1]] & LOCAL_END:
        return False
    while k < n and second[p[k]] & DOMAIN:
        if not dotted and p[k] == b"." and k + 2 < n:
            c = p[k + 1]
            if first[c] & (UPPER | LOWER) or c >= 128 or c == b"?":
                c = p[k + 2]
                dotted = second[c] & DOMAIN and c != b"."
        k += 1
    if k < n and p[k] == b"@" and not dotted:
        return False
    return dotted or (at + 2 < n and p[at + 1] == b"[")


cdef Py_ssize_t hex_colon(
    const unsigned char *p, Py_ssize_t n, Py_ssize_t at, Hits *hits
) except -1:
    cdef Py_ssize_t start = at
    cdef Py_ssize_t end = at
    cdef Py_ssize_t k
    cdef int colons = 0
    cdef bint double = False
    cdef bint digit = False
    while start and at - start < 4 and first[p[start - 1]] & HEX:
        start -= 1
    while end < n and (first[p[end]] & HEX or p[end] == b":" or p[end] == b"."):
        end += 1
    if start and first[p[start - 1]] & WORD:
        start = at + 1
    elif start == at and not (at + 1 < n and p[at + 1] == b":"):
        start = at + 1
    if end - start < 3 or end - start > 60:
        return end
    for k in range(start, end):
        if p[k] == b":":
            colons += 1
            if k + 1 < end and p[k + 1] == b":":
                double = True
        elif first[p[k]] & DIGIT:
            digit = True
    if 5 <= colons <= 8 or (double and digit):
        push(hits, start, 0, COLON)
    return end


cdef bint is_luhn(const unsigned char *digits, int count) noexcept:
    cdef int total = 0
    cdef int value
    cdef bint doubled = False
    while count > 0:
        count -= 1
        value = digits[count] - 48
        if doubled:
            value += value
            if value > 9:
                value -= 9
        total += value
        doubled = not doubled
    return total % 10 == 0


cdef unsigned int number(const unsigned char *p, Py_ssize_t n, Py_ssize_t start) noexcept:
    cdef unsigned char before = p[start - 1] if start else 0
    cdef unsigned char digits[MOST_RUNS * LONGEST_RUN]
    cdef int lengths[MOST_RUNS]
    cdef int totals[MOST_RUNS]
    cdef unsigned char separators[MOST_RUNS]
    cdef int runs = 0
    cdef int total = 0
    cdef int k
    cdef Py_ssize_t at = start
    cdef Py_ssize_t end
    cdef unsigned int found = 0
    cdef bint phone
    cdef bint inner = False
    if start >= 2 and (before == b"-" or before == b"." or before == b"/"):
        if first[p[start - 2]] & DIGIT:
            if before == b".":
                return 0
            inner = True
    while runs < MOST_RUNS:
        end = at
        while end < n and end - at <= LONGEST_RUN and first[p[end]] & DIGIT:
            if end - at < LONGEST_RUN:
                digits[total + <int>(end - at)] = p[end]
            end += 1
        if end - at > LONGEST_RUN:
            return 0
        lengths[runs] = <int>(end - at)
        total += <int>(end - at)
        totals[runs] = total
        separators[runs] = 0
        runs += 1
        at = end
        while at < n and at - end < 3 and second[p[at]] & SEPARATOR:
            at += 1
        if at == end or at == n or not first[p[at]] & DIGIT:
            break
        separators[runs - 1] = p[end] if at - end == 1 else 0
    if runs >= 4 and separators[0] == separators[1] == separators[2] == b".":
        if lengths[0] <= 3 and lengths[1] <= 3 and lengths[2] <= 3 and lengths[3] <= 3:
            # Of five the last may be a port, as tcpdump writes it.
            if runs <= 5 or separators[3] != b"." or separators[4] != b".":
                found |= 1u << IPV4
    if total < 6:
        return found
    if inner and (before == b"-" or total < 9):
        return found
    if b"2" <= p[start] <= b"6" or p[start] == b"8" or p[start] == b"9":
        for k in range(runs):
            if totals[k] > 19:
                break
            if totals[k] >= 12 and is_luhn(digits, totals[k]):
                found |= 1u << CARD
                break
    if runs >= 3 and lengths[0] == 3 and lengths[1] == 2 and lengths[2] == 4:
        found |= 1u << SSN
    if before == b"+" or before == b"(" or before == b"?" or (
        before == b" " and start > 1 and p[start - 2] == b"+"
    ) or (before == b"B" and start > 2 and p[start - 2] == b"2" and p[start - 3] == b"%"):
        phone = total >= 7
    elif total < 7:
        phone = False
    elif runs >= 3 and lengths[0] == 3 and lengths[1] == 3 and lengths[2] == 4:
        phone = True
    elif (
        runs >= 4 and lengths[0] == 1 and lengths[1] == 3
        and lengths[2] == 3 and lengths[3] == 4
    ):
        phone = True
    elif runs == 2 and lengths[0] == 3 and lengths[1] == 4:
        phone = digits[0] == b"5" and digits[1] == b"5" and digits[2] == b"5"
    elif runs >= 3 and lengths[0] == 1 and lengths[1] == 3 and lengths[2] == 3:
        phone = digits[0] == b"8" and total == 11
    else:
        phone = p[start] == b"0" and runs >= 2 and total >= 9
    if phone:
        found |= 1u << PHONE
    if inner:
        return found & (1u << IPV4 | 1u << PHONE)
    return found | 1u << ID


cdef unsigned int name(
    const unsigned char *p, Py_ssize_t n, Py_ssize_t start, Py_ssize_t end
) noexcept:
    cdef Py_ssize_t length = end - start
    cdef Py_ssize_t k
    cdef int digits = 0
    cdef int upper = 0
    cdef int letters = UPPER | LOWER
    cdef unsigned int found = 0
    cdef bint six = True
    if length > 128:
        return 0
    for k in range(start, end):
        if first[p[k]] & DIGIT:
            digits += 1
        elif first[p[k]] & UPPER:
            upper += 1
    if digits == 0:
        return 0
    if (
        b"M" <= p[start] <= b"O" and 23 <= length <= 28
        and end + 7 < n and p[end] == b"." and p[end + 7] == b"."
    ):
        found |= 1u << DISCORD
    if digits >= 2 and 4 <= length <= 44 and digits < length:
        found |= 1u << ID
    if (
        length >= 4 and first[p[start]] & letters and first[p[start + 1]] & letters
        and first[p[start + 2]] & DIGIT and first[p[start + 3]] & DIGIT
    ):
        found |= 1u << IBAN
    if upper and length - digits - upper and 25 <= length <= 106:
        found |= 1u << BASE58
    if length == 16 and digits <= 7:
        for k in range(start, start + 6):
            if not first[p[k]] & letters:
                six = False
        if six:
            found |= 1u << FISCAL
    return found


cdef bint is_hex(const unsigned char *p, Py_ssize_t start, Py_ssize_t count) noexcept:
    cdef Py_ssize_t k
    for k in range(start, start + count):
        if not first[p[k]] & HEX:
            return False
    return True


cdef unsigned int hardware(
    const unsigned char *p, Py_ssize_t n, Py_ssize_t start, Py_ssize_t end
) noexcept:
    cdef Py_ssize_t k
    if end - start == 2 and n - start >= 17:
        if not is_hex(p, start, 2):
            return 0
        for k in range(start + 2, start + 17, 3):
            if p[k] != b"-" or not is_hex(p, k + 1, 2):
                return 0
        return 1u << MAC
    if (
        end - start == 4 and n - start >= 14 and p[end] == p[end + 5]
        and (p[end] == b"." or p[end] == b"-")
    ):
        if is_hex(p, start, 4) and is_hex(p, start + 5, 4) and is_hex(p, start + 10, 4):
            return 1u << MAC
    return 0


cdef class Triggers:
    cdef unsigned short *table
    cdef Entry *entries
    cdef int *output_start
    cdef int *outputs
    cdef unsigned char classes[256]
    cdef int width
    cdef unsigned int shapes
    cdef list held

    def __cinit__(self):
        self.table = NULL
        self.entries = NULL
        self.output_start = NULL
        self.outputs = NULL

    def __dealloc__(self):
        free(self.table)
        free(self.entries)
        free(self.output_start)
        free(self.outputs)

    def __init__(self, literals, shapes):
        if self.table != NULL:
            raise RuntimeError("built once")
        self.shapes = shapes
        self.held = list(literals)
        self.set_entries()
        self.set_automaton()

    cdef int set_entries(self) except -1:
        cdef int index
        cdef int follows[5]
        follows[:] = [0, URL64, ALNUM, HEX, BASE64]
        self.entries = <Entry *>malloc((len(self.held) + 1) * sizeof(Entry))
        if self.entries == NULL:
            raise MemoryError
        for index, literal in enumerate(self.held):
            self.entries[index].text = <const unsigned char *><char *>literal.text
            self.entries[index].length = len(literal.text)
            self.entries[index].code = literal.code
            self.entries[index].mask = literal.mask
            self.entries[index].flags = literal.flags
            self.entries[index].follow = follows[_triggered.FOLLOW.index(literal.follow)]
            self.entries[index].least = literal.least if literal.follow else 0
        return 0

    cdef int set_automaton(self) except -1:
        """Aho and Corasick's automaton with all its moves worked out."""
        cdef int state
        cdef int symbol
        cdef int count
        cdef list moves = [{}]
        cdef list ends = [[]]
        cdef dict symbols = {}
        for index, literal in enumerate(self.held):
            state = 0
            for byte in literal.text.lower():
                symbol = symbols.setdefault(byte, len(symbols) + 1)
                if symbol not in moves[state]:
                    moves[state][symbol] = len(moves)
                    moves.append({})
                    ends.append([])
                state = moves[state][symbol]
            ends[state].append(index)
        if len(moves) > 65535:
            raise ValueError("too many literals")
        for symbol in range(256):
            self.classes[symbol] = symbols.get(folded[symbol], 0)
        self.width = len(symbols) + 1
        self.table = <unsigned short *>malloc(len(moves) * self.width * sizeof(short))
        self.output_start = <int *>malloc((len(moves) + 1) * sizeof(int))
        if self.table == NULL or self.output_start == NULL:
            raise MemoryError
        fails = [0] * len(moves)
        queue = [0]
        for state in queue:
            for symbol in range(self.width):
                follows = moves[state].get(symbol)
                back = self.table[fails[state] * self.width + symbol] if state else 0
                if follows is None:
                    self.table[state * self.width + symbol] = back
                    continue
                self.table[state * self.width + symbol] = follows
                fails[follows] = back
                ends[follows].extend(ends[back])
                queue.append(follows)
        count = sum(map(len, ends))
        self.outputs = <int *>malloc((count + 1) * sizeof(int))
        if self.outputs == NULL:
            raise MemoryError
        count = 0
        for state in range(len(moves)):
            self.output_start[state] = count
            for index in ends[state]:
                self.outputs[count] = index
                count += 1
        self.output_start[len(moves)] = count
        return 0

    def scan(self, bytes data not None):
        cdef Hits found
        cdef Hits contexts
        found.items = NULL
        found.count = found.room = 0
        contexts.items = NULL
        contexts.count = contexts.room = 0
        try:
            self.search(data, len(data), &found, &contexts)
            return with_context(&found, &contexts)
        finally:
            free(found.items)
            free(contexts.items)

    cdef int search(
        self, const unsigned char *p, Py_ssize_t n, Hits *found, Hits *contexts
    ) except -1:
        cdef unsigned int shapes = self.shapes
        cdef unsigned int words = shapes & ~(1u << AT | 1u << COLON)
        cdef const unsigned short *table = self.table
        cdef const int *outputs = self.output_start
        cdef int width = self.width
        cdef unsigned int state = 0
        cdef Py_ssize_t i
        cdef Py_ssize_t behind = 0
        cdef Py_ssize_t worded = 0
        cdef unsigned char c
        for i in range(n):
            c = p[i]
            state = table[state * width + self.classes[c]]
            if outputs[state] != outputs[state + 1]:
                self.report(p, n, i + 1, state, found, contexts)
            if first[c] & ALNUM:
                if words and i >= worded:
                    worded = self.word(p, n, i, found)
            elif c == b"@":
                if shapes & 1u << AT and is_address(p, n, i):
                    push(found, i, 0, AT)
            elif c == b":":
                if shapes & 1u << COLON and i >= behind:
                    behind = hex_colon(p, n, i, found)
        return 0

    cdef int report(
        self,
        const unsigned char *p,
        Py_ssize_t n,
        Py_ssize_t end,
        unsigned int state,
        Hits *found,
        Hits *contexts,
    ) except -1:
        cdef int k
        cdef Entry *entry
        cdef Py_ssize_t start
        for k in range(self.output_start[state], self.output_start[state + 1]):
            entry = &self.entries[self.outputs[k]]
            start = end - entry.length
            if entry.flags & CONTEXT:
                if is_word(p, n, start, end):
                    push(contexts, start, end, entry.mask)
            elif is_literal(p, n, start, entry):
                push(found, start, 0, entry.code)
        return 0

    cdef Py_ssize_t word(
        self, const unsigned char *p, Py_ssize_t n, Py_ssize_t start, Hits *found
    ) except -1:
        """Report the shapes of the word that begins here; the end of it."""
        cdef Py_ssize_t end = start
        cdef unsigned int shapes
        cdef int code
        cdef unsigned char c = p[start]
        while end < n and first[p[end]] & ALNUM:
            end += 1
        if start and p[start - 1] == b"_":
            return end
        if start and p[start - 1] == b"\\":
            if c == b"n" or c == b"r" or c == b"t" or c == b"b" or c == b"f":
                start += 1
                if start == end:
                    return end
        elif start and p[start - 1] == b"%":
            if c == b"B" and end - start > 12 and end < n and p[end] == b"^":
                start += 1  # a card's first track
            elif end - start > 2 and first[c] & HEX and first[p[start + 1]] & HEX:
                start += 2
        shapes = number(p, n, start) if first[p[start]] & DIGIT else 0
        shapes |= name(p, n, start, end) | hardware(p, n, start, end)
        shapes &= self.shapes
        if shapes:
            for code in range(IPV4, DISCORD + 1):
                if shapes & 1u << code:
                    push(found, start, 0, code)
        return end


cdef list with_context(Hits *found, Hits *contexts):
    cdef list result = []
    cdef Py_ssize_t k
    cdef Py_ssize_t j
    cdef Py_ssize_t nearest = 0
    cdef Py_ssize_t at
    cdef unsigned int code
    cdef unsigned int mask
    if found.count == 0:
        return result
    qsort(found.items, found.count, sizeof(Hit), compare)
    if contexts.count:
        qsort(contexts.items, contexts.count, sizeof(Hit), compare)
    for k in range(found.count):
        at = found.items[k].at
        code = found.items[k].code
        if k and at == found.items[k - 1].at and code == found.items[k - 1].code:
            continue
        while nearest < contexts.count and contexts.items[nearest].at < at - 2 * BEFORE:
            nearest += 1
        mask = 0
        for j in range(nearest, contexts.count):
            if contexts.items[j].at > at + AFTER:
                break
            if contexts.items[j].end >= at - BEFORE:
                mask |= contexts.items[j].code
        if code != <unsigned int>ID or mask:
            result.append((at, code, mask))
    return result
