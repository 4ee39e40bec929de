"""Transport and training: tasks that begin, turn back and give way."""
