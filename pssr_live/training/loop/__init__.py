"""How a network learns: steps, schedule, processes, and how good it is after each epoch."""
