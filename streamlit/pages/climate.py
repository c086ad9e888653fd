from components import climate
from components.page import page

page("climate", climate.draw)
