"""Captured files to exhibits, texts and verified indicators with their place."""
