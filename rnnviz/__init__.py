"""Small recurrent networks, trained in the open: settings -> experiment -> film -> measure -> record -> figure -> page."""
