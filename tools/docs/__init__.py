"""What writes the pages and pictures of docs/."""
