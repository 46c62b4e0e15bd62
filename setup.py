"""Builds the compiled modules of ``lunaroute._fast``; all else is in pyproject.toml.

``LUNAROUTE_PURE_PYTHON=1`` builds none of them: the twins serve instead.
``LUNAROUTE_DEBUG_BUILD=1`` keeps assertions and turns on line tracing.
A compile that fails is an error, never a silent fall back to the twins.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

FAST = Path("src/lunaroute/_fast")
PURE = os.environ.get("LUNAROUTE_PURE_PYTHON", "") not in ("", "0")
DEBUG = os.environ.get("LUNAROUTE_DEBUG_BUILD", "") not in ("", "0")


def extensions():
    from Cython.Build import cythonize  # noqa: PLC0415 - a pure build needs no Cython

    flags = ["-O0", "-g", "-UNDEBUG"] if DEBUG else ["-O3"]
    return cythonize(
        [
            Extension(
                f"lunaroute._fast.{source.stem}",
                [str(source)],
                extra_compile_args=flags,
            )
            for source in sorted(FAST.glob("*.pyx"))
        ],
        build_dir="build/cython",
        compiler_directives={"linetrace": DEBUG},
    )


setup(ext_modules=[] if PURE else extensions())
