"""`merge`: the shards of a run put together, to what one run of all problems would have written."""
