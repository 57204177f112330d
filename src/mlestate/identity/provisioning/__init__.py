"""People and groups that a directory elsewhere pushes here and owns; decision 0027."""
