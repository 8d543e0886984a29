"""Weizhi (微职): a microblog-centred recruiting service."""

__version__ = "0.1.0"
