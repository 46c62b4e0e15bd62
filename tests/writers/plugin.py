"""Installs a package of one module, as pip would leave it, with a writer in it."""

from pathlib import Path

KEEPING = """
import json
from pathlib import Path


class Keeping:
    def __init__(self, options):
        self.path = Path(options["path"])
        self.failures = options.get("failures", 0)

    def write(self, batch):
        if self.failures:
            self.failures -= 1
            raise ConnectionError("s3cret words of theirs")
        with self.path.open("ab") as file:
            for each in batch:
                about = [each.exchange_id, each.session_id, each.day]
                file.write(json.dumps(about).encode() + b"\\n" + each.lines)

    def close(self):
        with self.path.open("ab") as file:
            file.write(b"closed\\n")


class Failing:
    def __init__(self, options):
        raise ValueError("s3cret")


class Lacking:
    def __init__(self, options):
        pass
"""


def install(place: Path, name: str = "acme_writers") -> Path:
    """Below ``place``, which is to be on the path."""
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.py").write_text(KEEPING)
    facts = place / f"{name}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    )
    points = "".join(
        f"{each.lower()} = {name}:{each}\n"
        for each in ("Keeping", "Failing", "Lacking")
    )
    (facts / "entry_points.txt").write_text(f"[lunaroute.writers]\n{points}")
    return place
