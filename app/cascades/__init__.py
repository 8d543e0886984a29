"""Shows the tree a post travelled along, and who applied at which branch."""
