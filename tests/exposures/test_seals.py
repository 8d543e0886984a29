"""Tokens of cards: who made one can read it, nobody else can make or change one."""

from datetime import date, timedelta

from app.exposures.seals import LENGTH, Sealed, Seals

TODAY = date(2026, 11, 26)
SEALS = Seals(b"k" * 32)


def read(token: str, root_id: int = 7, today: date = TODAY, seals: Seals = SEALS) -> Sealed | None:
    return seals.read(token, root_id=root_id, today=today)


def test_a_token_tells_what_it_was_made_of_to_us_alone() -> None:
    token = SEALS.seal(TODAY, viewer_id=2**62, root_id=7, via_id=3)
    assert (read(token), len(token)) == (Sealed(TODAY, 2**62, 3), LENGTH)
    assert token == SEALS.seal(TODAY, viewer_id=2**62, root_id=7, via_id=3)
    others = [SEALS.seal(TODAY, viewer_id=id, root_id=7, via_id=3) for id in (1, 2)]
    assert len({other[-30:] for other in (token, *others)}) == 3


def test_is_good_for_its_job_and_a_month() -> None:
    token = SEALS.seal(TODAY, viewer_id=1, root_id=7, via_id=3)
    assert read(token, root_id=8) is None
    assert read(token, today=TODAY + timedelta(days=29)) == Sealed(TODAY, 1, 3)
    assert read(token, today=TODAY + timedelta(days=30)) is None
    assert read(token, today=TODAY - timedelta(days=1)) is None
    assert read(token, seals=Seals(b"o" * 32)) is None
    assert read(token, seals=Seals()) is None


def test_no_changed_text_is_read() -> None:
    token = SEALS.seal(TODAY, viewer_id=1, root_id=7, via_id=3)
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(LENGTH - 1)]
    for text in (*changed, "", token[:-1], token + "A", token * 9, "职" * LENGTH, "\x00" * LENGTH, "=" * LENGTH):
        assert read(text) is None, text
