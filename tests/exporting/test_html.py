"""HTML: one file, nothing fetched, nothing run, every text as it was."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from tests.exporting.kit import EVIL, text_of


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.blocks: list[str] = []
        self._within = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self._within = tag
        if tag == "pre":
            self.blocks.append("")

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, data):
        if self._within == "pre":
            self.blocks[-1] += data


def test_a_page(store):
    text = text_of(store, "html")
    page = Page(text)
    # What HTML cannot hold is marked; the parser drops the line break after <pre>.
    shown = "\n" + EVIL.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert shown in page.blocks
    assert "script" not in page.tags
    names = {name for name, _ in page.attributes}
    assert names <= {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "open",
    }
    style = re.search(r"(?s)<style>(.*?)</style>", text)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text
    assert "://" not in re.sub(r"(?s)<pre>.*?</pre>", "", text)
    assert "sk-ant-secret" not in text
