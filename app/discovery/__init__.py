"""How people and posts are found without searching: suggestions, directory, common acquaintances, oEmbed. No events."""
