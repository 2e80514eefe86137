"""Findings with their premises, the bundle that proves them, and its verifier."""
