"""What a run computes on: devices, threads or a Dask cluster, and measurements of time and memory."""
