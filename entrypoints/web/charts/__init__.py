"""Charts drawn on the server as SVG: scales with ticks at round values, lines, steps and bars, and a description in words."""
