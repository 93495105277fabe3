"""Debian's chromium, to look at the pages with."""

from __future__ import annotations

import os
import shutil

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Streamlit asks for these below the page's own address first, then where they are.
PROBES = ("/_stcore/health", "/_stcore/host-config")


def chromium() -> str:
    """Path of a browser. Without one the test is skipped, or fails where RNNVIZ_BROWSER=required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    reason = "no chromium on this machine (Debian: apt-get install chromium)"
    if os.environ.get("RNNVIZ_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
