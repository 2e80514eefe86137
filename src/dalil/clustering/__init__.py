"""Which addresses act together, and why; blind to every name."""
