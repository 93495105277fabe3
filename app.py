"""RNNViz: `streamlit run app.py`.

Streamlit reads this file twice: once as a server, which finds `app`, and once a visit, which draws the frame around a page.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: nets of a few dozen units gain nothing from more threads

import streamlit as st

from rnnviz.ui import frame, server

if frame.in_a_visit():
    frame.draw()
else:
    app = st.App(__file__, routes=server.ROUTES, lifespan=server.lifespan)
