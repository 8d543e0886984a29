"""Lists of accounts (Weibo's 分组), each with a timeline. Publishes `list.created`, `list.changed`, `list.deleted`."""
