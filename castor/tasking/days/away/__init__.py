"""Who may be away at a minute, and what stays covered."""
