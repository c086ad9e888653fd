from components import decide
from components.page import page

page("decide", decide.draw)
