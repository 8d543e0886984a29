"""The four steps of every read of posts: skeleton (elsewhere), hydrate, rules, present."""
