"""Programs of others, unmodified, against a running Weizhi: none of them is committed, all are pinned by hash."""
