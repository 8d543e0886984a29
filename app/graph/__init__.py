"""How accounts stand to each other: follows, requests to follow, blocks, mutes, endorsements, private notes.

Publishes `follow.created`, `follow.changed`, `follow.removed`, `follow.requested`, `follow.request_removed`,
`block.created`, `block.removed`, `mute.created`, `mute.removed`, `endorsement.created` and `endorsement.removed`.
"""
