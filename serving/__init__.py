"""What serves the published marts to other programs."""
