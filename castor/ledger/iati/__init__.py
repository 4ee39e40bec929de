"""The International Aid Transparency Initiative's activity files: read in one streaming pass, checked, written."""
