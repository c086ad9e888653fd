from components import place
from components.page import page

page("place", place.draw)
