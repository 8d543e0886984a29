"""Credit for word of mouth: who passed a job on to who was hired, in points of reputation. Publishes
`referral.credited` and `referral.reversed`."""
