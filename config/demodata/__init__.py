"""Organizations to try Lapel with: Riverside Health, invented but lifelike, and Peps, a real record."""

PASSWORD = "improve-daily"  # noqa: S105

LOGINS = [
    ("amara@riverside.example", "employee at Riverside Health"),
    ("marcus@riverside.example", "manager at Riverside Health"),
    ("priya@riverside.example", "badge and user administrator at Riverside Health"),
    ("ingrid@riverside.example", "auditor at Riverside Health"),
    ("owen@riverside.example", "owner of Riverside Health"),
]
