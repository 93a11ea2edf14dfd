"""What is computed of schedules."""
