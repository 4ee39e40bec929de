"""Who is sent to a call, where the patients are taken, and when all are back."""
