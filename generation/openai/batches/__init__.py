"""`/v1/batches`: many videos asked for in one file, made one by one in their turn.

`lines` reads the file, `advancing` takes a batch from state to state, `feeding` queues its lines as
ordinary jobs, `results` writes what came of them.
"""
