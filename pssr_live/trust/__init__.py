"""How far a restored frame can be believed, told without the truth, for every frame."""
