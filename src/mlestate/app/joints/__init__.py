"""Where rooms meet: what one room asks for in a port, done with what other rooms can do."""
