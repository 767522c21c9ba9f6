"""The web server: gunicorn, with a worker that slow connections cannot silence (decision 0022)."""
