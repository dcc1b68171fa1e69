"""What several test files share: other hosts, servers, commands, attacks, small results."""
