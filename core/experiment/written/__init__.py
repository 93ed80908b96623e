"""The pieces of the script that an experiment is written as."""
