"""mlestate organises an enterprise's machine-learning environments."""
