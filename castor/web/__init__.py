"""The living page: the brief on localhost, with controls that rerun it (extra ``web``)."""
