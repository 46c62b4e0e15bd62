"""What must not lose a record, done to it on purpose: kills, faults of the disk, bytes
that nobody would send. ``make torture`` runs all of it within ten minutes.
"""
