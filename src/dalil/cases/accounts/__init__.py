"""The part of a case that lies on chains of accounts."""
