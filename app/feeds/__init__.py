"""The open jobs for other programs: a full feed in Indeed's shape, JSON Feed, Atom, RSS, and sitemaps. Publishes
nothing."""
