"""Home: all exhibits by chapter, and where to begin."""

from rnnviz.ui.gallery import gallery

gallery()
