"""What passwords are stored as: seen at the real cost, which tests otherwise spare themselves."""

from argon2 import Type, extract_parameters

from tests.quick import REAL_HASHER


def test_hash_costs_what_owasp_asks_of_argon2id() -> None:
    kept = extract_parameters(REAL_HASHER.hash("correct horse battery staple"))
    assert kept.type is Type.ID
    assert (kept.memory_cost, kept.time_cost) >= (19_456, 2)
    assert kept.time_cost >= 2
    assert kept.salt_len >= 16
    assert kept.hash_len >= 32
