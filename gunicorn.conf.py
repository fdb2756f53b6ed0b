"""What gunicorn reads wherever it is started from this directory."""

limit_request_line = (
    8190  # the most it takes: filters of many badges make long addresses, and Lapel answers them
)
