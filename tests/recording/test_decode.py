"""Content-encodings: every codec however cut, damaged, nested or malicious."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.recording import _decode
from lunaroute.recording._decode import Decoder
from tests.recording.build import ENCODERS

TEXT = b"".join(b"line %d of a recorded answer\n" % n for n in range(2_000))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


CASES = [
    *((name, encode(TEXT)) for name, encode in ENCODERS.items()),
    ("x-gzip", gzip.compress(TEXT)),
    ("deflate", raw_deflate(TEXT)),
    ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
    ("gzip", gzip.compress(TEXT) + b"\0" * 512),
    ("zstd", zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:])),
    ("identity", TEXT),
]


def decode(encodings, data, step=None):
    decoder = Decoder(encodings)
    step = step or len(data) or 1
    pieces = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return b"".join(pieces), decoder


@pytest.mark.parametrize("step", [None, 1, 7, 1000])
@pytest.mark.parametrize(("name", "data"), CASES)
def test_each_codec_however_cut(name, data, step):
    decoded, decoder = decode([name], data, step)
    assert decoded == TEXT
    assert decoder.problem is None
    assert not decoder.unfinished


@pytest.mark.parametrize("step", [None, 1, 100])
def test_two_layers(step):
    data = brotli.compress(gzip.compress(TEXT))
    assert decode(["gzip", "br"], data, step)[0] == TEXT


def test_more_layers_are_not_tried():
    decoder = Decoder(["gzip", "gzip", "gzip"])
    assert decoder.feed(b"x") == b""
    assert "more than 2" in decoder.problem


def test_an_unknown_encoding_is_named():
    decoder = Decoder(["compress"])
    assert "compress" in decoder.problem
    assert not decoder.is_plain


@pytest.mark.parametrize("name", list(ENCODERS))
def test_a_cut_body_gives_its_beginning(name):
    data = ENCODERS[name](TEXT)
    decoded, decoder = decode([name], data[: len(data) * 3 // 4], 50)
    assert TEXT.startswith(decoded)
    assert decoder.unfinished


@pytest.mark.parametrize("name", list(ENCODERS))
def test_damage_is_a_problem_and_no_exception(name):
    decoded, decoder = decode([name], b"\x00damaged from the start" * 10, 5)
    assert decoder.problem or decoder.unfinished
    assert not decoded or len(decoded) < 1000


@pytest.mark.parametrize("step", [None, 64])
@pytest.mark.parametrize("name", list(ENCODERS))
def test_a_bomb_is_stopped_early(name, step):
    bomb = ENCODERS[name](b"\0" * 40_000_000)
    decoded, decoder = decode([name], bomb, step)
    assert decoder.is_bomb
    assert "decode to more than" in decoder.problem
    assert len(decoded) <= _decode.MAX_OUTPUT
    assert decoder.feed(b"more") == b""


def test_a_bomb_between_two_layers_is_stopped():
    bomb = gzip.compress(brotli.compress(b"\0" * 40_000_000))
    assert decode(["br", "gzip"], bomb)[1].is_bomb


def test_many_tiny_members_take_linear_time():
    decoded, decoder = decode(
        ["gzip"], gzip.compress(b"") * 50_000 + gzip.compress(b"x")
    )
    assert decoded == b"x"
    assert decoder.problem is None


def test_a_small_body_may_be_of_one_letter():
    body = b"a" * 900_000
    decoded, decoder = decode(["zstd"], zstandard.compress(body))
    assert decoded == body
    assert decoder.problem is None


def test_the_absolute_bound(monkeypatch):
    monkeypatch.setattr(_decode, "MAX_OUTPUT", 10_000)
    assert decode(["gzip"], gzip.compress(TEXT))[1].is_bomb


@pytest.mark.parametrize("name", [*ENCODERS, "x-gzip"])
@given(pieces=st.lists(st.binary(max_size=100), max_size=5))
def test_arbitrary_bytes_never_raise(name, pieces):
    decoder = Decoder([name])
    for piece in pieces:
        decoder.feed(piece)


@given(
    data=st.binary(max_size=5_000),
    cut=st.integers(0, 5_000),
    name=st.sampled_from(sorted(ENCODERS)),
)
def test_round_trip(data, cut, name):
    packed = ENCODERS[name](data)
    decoder = Decoder([name])
    assert decoder.feed(packed[:cut]) + decoder.feed(packed[cut:]) == data
    assert not decoder.unfinished
