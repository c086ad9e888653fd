from components import now
from components.page import page

page("now", now.draw, needs_conditions=True)
