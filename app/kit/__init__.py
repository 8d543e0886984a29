"""Tools that know no domain: errors, database, HTTP manners, ids, paging, logs, metrics."""
