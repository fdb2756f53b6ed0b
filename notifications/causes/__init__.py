"""What is told: each module takes rows that were written with a cause, marks them told, and makes their notices."""
