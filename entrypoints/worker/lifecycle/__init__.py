"""A worker's processes: isolation of suspect fetches, leases, heartbeat file, shutdown."""
