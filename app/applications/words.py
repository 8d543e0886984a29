"""What applicants agree to: shown before they apply, and kept with the application as it was."""

CONSENT = (
    "我同意：如果我被录用，把这个职位一路转发给我的人可以知道应聘的人是我。\n"
    "I agree that, if I am hired, the people by whose reposts I came to this job may be told that it was I who applied."
)
