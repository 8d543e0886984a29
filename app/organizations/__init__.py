"""Employers and the seats people hold in them. Publishes `organization.created`."""
