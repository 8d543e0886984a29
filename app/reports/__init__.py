"""Complaints about accounts and posts, kept for the operator. Publishes `report.filed`."""
