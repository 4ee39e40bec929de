"""The numbers of the columns that the kernels of the simulation share."""
