"""Employers, the seats people hold in them, and how employers are verified.

Publishes `organization.created`, `organization.updated`, `organization.verified` and `organization.lapsed`;
`verification.submitted` and `verification.rejected`; `seat.offered`, `seat.declined`, `seat.created`, `seat.changed`
and `seat.removed`.
"""
