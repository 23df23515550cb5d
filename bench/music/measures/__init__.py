"""From one clip or score to numbers. What is measured is cached, so nothing here may depend on other clips."""
