"""What Isobar does, a module for each use case: plain functions, for the command line, a scheduler or a program to call.

A job takes settings, holds the data folder's lock, writes the ledger and returns a summary with `as_dict()`. It prints nothing:
what there is to tell on the way goes to a :class:`isobar.jobs.watcher.Watcher`.
"""
