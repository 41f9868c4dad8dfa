"""A whole Redis inside your Python process."""
