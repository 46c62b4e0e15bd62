"""What was packed with it must be read for ever."""

from hashlib import sha256

from lunaroute.recording._dictionary import FRAMES


def test_it_is_what_it_was():
    assert (
        sha256(FRAMES).hexdigest()
        == "1ae242c277d6d05e412f2647d1bb1f06c04422008f332a50b9f08afc2995344d"
    )
