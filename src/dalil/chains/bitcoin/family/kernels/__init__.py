"""What the parser does otherwise for a chain that came from Bitcoin."""

from __future__ import annotations
