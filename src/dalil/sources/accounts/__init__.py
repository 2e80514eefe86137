"""Where account chains come from: exports in files, and nodes."""

from dalil.sources.accounts.opening import is_account_spec, open_source
from dalil.sources.accounts.report import AccountSource, Note, SourceReport

__all__ = ["AccountSource", "Note", "SourceReport", "is_account_spec", "open_source"]
