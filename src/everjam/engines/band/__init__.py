"""The house band: a probabilistic composer with an orchestra of synthesised instruments."""
