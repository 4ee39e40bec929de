"""Airframes, crews and posts at a moment: what can fly, who stands by, when that changes next."""
