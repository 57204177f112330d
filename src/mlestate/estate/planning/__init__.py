"""What would change: order, differences, moves, removals, whose things are, what they hold."""
