"""How fast everything is on this computer, each thing beside what it is to be compared with."""
