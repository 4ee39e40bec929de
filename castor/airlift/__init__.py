"""The strategic air bridge and the rotations of contingents."""
