"""Reading and writing the standard that international aid is published in (IATI 1.01 to 2.03)."""
