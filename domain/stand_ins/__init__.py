"""Stand-ins: series that should agree, what shows that they do, and the splices by which one goes on for another."""
