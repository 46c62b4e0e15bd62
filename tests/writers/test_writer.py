"""What has the methods is a writer."""

from lunaroute.writers import SessionWriter


def test_the_protocol():
    class Writer:
        def write(self, batch):
            pass

        def close(self):
            pass

    assert isinstance(Writer(), SessionWriter)
    assert not isinstance(object(), SessionWriter)
