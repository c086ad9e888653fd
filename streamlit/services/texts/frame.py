"""What every page says: its name, what the data is, states of the published marts, ages."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "language": ("Language", "Langue"),
    "page_now": ("Now", "Maintenant"),
    "page_place": ("Place", "Lieu"),
    "title_now": ("Latest conditions", "Dernières conditions"),
    "title_place": ("Places through time", "Des lieux au fil du temps"),
    "badge_real": ("Real data", "Données réelles"),
    "badge_simulated": ("Simulated data", "Données simulées"),
    "banner_simulated": (
        "These figures come from Isobar's simulator. Nobody measured them; do not use them to decide anything.",
        "Ces valeurs viennent du simulateur d'Isobar. Personne ne les a mesurées ; ne décidez rien d'après elles.",
    ),
    "newest": ("Newest observation {age} ({moment} UTC)", "Dernière observation {age} ({moment} UTC)"),
    "published": ("published {age}", "publié {age}"),
    "source": ("Source: {source}", "Source : {source}"),
    "source_simulated": ("simulated in the form of {source}", "simulé à la manière de {source}"),
    "units": ("Units: °C, mm, m/s, hPa, %", "Unités : °C, mm, m/s, hPa, %"),
    "time_zone": ("all times UTC", "toutes les heures en UTC"),
    "footer": (
        "Isobar {version} · publication {publication} · outlines: Natural Earth",
        "Isobar {version} · publication {publication} · contours : Natural Earth",
    ),
    "old_data": (
        "The newest observation is {age}. The page shows what was published last, not the weather of today.",
        "La dernière observation date d'{age}. La page montre la dernière publication, pas le temps d'aujourd'hui.",
    ),
    # Ages
    "age_minutes": ("{n} min ago", "il y a {n} min"),
    "age_hours": ("{n} h ago", "il y a {n} h"),
    "age_days": ("{n} days ago", "il y a {n} jours"),
    "age_months": ("{n} months ago", "il y a {n} mois"),
    "age_years": ("{n} years ago", "il y a {n} ans"),
    "age_ahead_minutes": ("{n} min ahead of the clock", "en avance de {n} min sur l'horloge"),
    "age_ahead_hours": ("{n} h ahead of the clock", "en avance de {n} h sur l'horloge"),
    # States
    "state_not_published": (
        "Nothing is published yet. Run `make run` for the demonstration, or load a source with `isobar load synop` and "
        "publish it with `isobar build`; this page then fills itself.",
        "Rien n'est encore publié. Lancez `make run` pour la démonstration, ou chargez une source avec "
        "`isobar load synop` et publiez-la avec `isobar build` ; cette page se remplira alors d'elle-même.",
    ),
    "state_empty": (
        "The publication holds no observation yet. Load a source with `isobar load synop`, then run `isobar build`.",
        "La publication ne contient encore aucune observation. Chargez une source avec `isobar load synop`, puis lancez "
        "`isobar build`.",
    ),
    "state_locked": (
        "Another program holds the published file open for writing. Close it, then reload this page.",
        "Un autre programme tient le fichier publié ouvert en écriture. Fermez-le, puis rechargez cette page.",
    ),
    "state_unreadable": (
        "The published file cannot be read: it is damaged or incomplete. Run `isobar build` to publish it again.",
        "Le fichier publié est illisible : il est abîmé ou incomplet. Lancez `isobar build` pour le publier de nouveau.",
    ),
    "state_incompatible": (
        "The published file comes from another version of Isobar and lacks what this page needs. Run `isobar build` to "
        "publish it again.",
        "Le fichier publié vient d'une autre version d'Isobar et n'a pas ce que cette page demande. Lancez "
        "`isobar build` pour le publier de nouveau.",
    ),
    "state_unreachable": (
        "Snowflake does not answer, or does not let the app in. Check the `ISOBAR_SNOWFLAKE_…` settings and the network, then "
        "reload this page.",
        "Snowflake ne répond pas, ou refuse l'accès à l'application. Vérifiez les réglages `ISOBAR_SNOWFLAKE_…` et le réseau, "
        "puis rechargez cette page.",
    ),
    "state_session_expired": (
        "The session with Snowflake has expired and could not be renewed. Reload this page; if it stays so, check the user's "
        "key.",
        "La session Snowflake a expiré et n'a pas pu être renouvelée. Rechargez cette page ; si cela persiste, vérifiez la clé "
        "de l'utilisateur.",
    ),
    "state_settings": ("A setting cannot be used. {detail}", "Un réglage est inutilisable. {detail}"),
}
