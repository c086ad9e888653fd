from components import forecasts
from components.page import page

page("forecasts", forecasts.draw)
