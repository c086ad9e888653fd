from components import health
from components.page import page_without_marts

page_without_marts("health", health.draw)
