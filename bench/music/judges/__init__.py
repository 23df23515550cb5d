"""From the numbers of many clips to a verdict: tables, headline figures and misses."""
