"""What notebooks and scripts import from :mod:`segcli`; see there."""
