"""What pages of the documentation show, and how it is run."""
